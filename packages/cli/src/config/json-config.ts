// JSON has no function calls: a source in a JSON config is written as the module that makes it plus its options,
// `{ "module": "@penstock/zeromq", "subscribe": […] }`, and is made here.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PenstockError } from '@penstock/hub';
import { bundle } from '../compile/bundle.js';
import { compileModule } from '../compile/compile.js';
import { lineOf } from '../compile/compile-error.js';
import { isPenstockError } from '../failure.js';
import { inFile } from './config-error.js';

/**
 * Reads a JSON config and makes the sources in it.
 *
 * @param path Absolute path of the file.
 * @param where How messages name it.
 * @throws CONFIG_LOAD_FAILED for what is no JSON; CONFIG_INVALID for a source that cannot be made.
 */
export async function readJsonConfig(path: string, where: string): Promise<unknown> {
  const config = await parse(path, where);
  if (!isObject(config) || !Array.isArray(config.sources)) return config;
  const sources = config.sources.map((source, index) => makeSource(source, path, `${where}: sources[${index}]`));
  return { ...config, sources: await Promise.all(sources) };
}

async function parse(path: string, where: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new PenstockError('CONFIG_LOAD_FAILED', (await placeOfFault(path)) ?? `${where}: ${lineOf(error)}`, {
      cause: error,
    });
  }
}

/** JSON.parse() often does not say where in the text it failed; esbuild's JSON parser does. */
async function placeOfFault(path: string): Promise<string | undefined> {
  try {
    await bundle(path, dirname(path));
    return undefined;
  } catch (error) {
    return lineOf(error);
  }
}

async function makeSource(source: unknown, path: string, where: string): Promise<unknown> {
  if (!isObject(source) || typeof source.module !== 'string') {
    throw new PenstockError(
      'CONFIG_INVALID',
      `${where}: must be an object with a "module", such as { "module": "@penstock/zeromq", … }`,
    );
  }
  const { module: specifier, ...options } = source;
  const factory = await importFactory(specifier as string, path, where);
  try {
    return factory(options);
  } catch (error) {
    if (isPenstockError(error)) throw inFile(error, where);
    throw new PenstockError('CONFIG_INVALID', `${where}: ${specifier} threw: ${lineOf(error)}`, { cause: error });
  }
}

async function importFactory(specifier: string, path: string, where: string): Promise<(options: object) => unknown> {
  let module: { default?: unknown };
  try {
    module = (await import(await urlOf(specifier, path))) as { default?: unknown };
  } catch (error) {
    throw new PenstockError(
      'CONFIG_INVALID',
      `${where}.module: ${JSON.stringify(specifier)} cannot be loaded: ${lineOf(error)}; install it beside the config file`,
      { cause: error },
    );
  }
  if (typeof module.default === 'function') return module.default as (options: object) => unknown;
  throw new PenstockError(
    'CONFIG_INVALID',
    `${where}.module: ${JSON.stringify(specifier)} has no function as its default export, so it makes no source`,
  );
}

/** A path starts at the config file; a package is the one installed there, else the one that came with `hub`. */
async function urlOf(specifier: string, path: string): Promise<string> {
  if (specifier.startsWith('.') || isAbsolute(specifier)) return compileModule(resolve(dirname(path), specifier));
  try {
    return pathToFileURL(createRequire(path).resolve(specifier)).href;
  } catch {
    return import.meta.resolve(specifier);
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
