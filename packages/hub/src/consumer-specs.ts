// From the config's consumers to what the hub runs: finds and compiles each module, asks its class for its
// statics, and lays the config over them. Opens nothing, so a check of a config can use it as well.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';
import { CONSUMER_DEFAULTS, type ConsumerConfig, consumerSettingsShape } from './config.js';
import type { ConsumerSettings } from './consumer.js';
import { PenstockError } from './errors.js';
import { parseOptions } from './options.js';
import { probeConsumers } from './thread/probe/probe.js';
import type { ProbedClass } from './thread/probe/protocol.js';

/** A consumer, ready to be run. */
export interface ConsumerSpec extends ConsumerSettings {
  readonly name: string;
  /** Name of its class; empty for one without a name. */
  readonly className: string;
  /** URL of plain JavaScript. */
  readonly moduleUrl: string;
}

export interface ModuleEnvironment {
  /** Directory that relative paths start from. */
  readonly baseDir: string;
  /** How messages name the config. */
  readonly where: string;
  readonly compileModule: ((path: string) => Promise<string>) | undefined;
}

const settingsSchema = z.strictObject({ ...consumerSettingsShape, options: consumerSettingsShape.options.optional() });
const COMPILED = /\.[cm]?tsx?$/;

/**
 * @throws CONSUMER_LOAD_FAILED, CONFIG_INVALID, with one line for each problem.
 */
export async function specifyConsumers(
  consumers: Readonly<Record<string, ConsumerConfig>>,
  environment: ModuleEnvironment,
): Promise<ConsumerSpec[]> {
  const modules = await Promise.all(
    Object.entries(consumers).map(async ([consumer, { module }]) => ({
      consumer,
      module,
      url: await moduleUrl(consumer, module, environment),
    })),
  );
  const classes = await probeConsumers(modules).catch((error: unknown) => {
    throw inSourceTerms(error, modules);
  });
  return modules.map(({ consumer, url }) => {
    const { module: _, ...given } = consumers[consumer] as ConsumerConfig;
    const { className, statics } = classes.get(consumer) as ProbedClass;
    const merged = { ...CONSUMER_DEFAULTS, ...defined(statics), ...defined(given) };
    if (merged.topics === undefined) {
      throw new PenstockError(
        'CONFIG_INVALID',
        `${environment.where}: consumer "${consumer}" has no topics; give its class "static topics = [...]", or set consumers.${consumer}.topics`,
      );
    }
    const settings = parseOptions(settingsSchema, merged, `${environment.where}: consumers.${consumer}`);
    checkPlain(settings.options, `${environment.where}: consumers.${consumer}.options`);
    return { ...settings, options: settings.options, name: consumer, className, moduleUrl: url };
  });
}

/** Node names the compiled file, which means nothing to whoever wrote the module. */
function inSourceTerms(error: unknown, modules: readonly { readonly module: string; readonly url: string }[]): unknown {
  if (!(error instanceof PenstockError)) return error;
  const message = modules.reduce((text, { module, url }) => text.replaceAll(fileURLToPath(url), module), error.message);
  return new PenstockError(error.code, message, { cause: error });
}

/** Options are copied into each thread; functions and the like cannot be. */
function checkPlain(options: unknown, where: string): void {
  try {
    structuredClone(options);
  } catch (cause) {
    throw new PenstockError('CONFIG_INVALID', `${where}: must be plain data: ${(cause as Error).message}`, { cause });
  }
}

function defined(settings: Readonly<Record<string, unknown>>): Partial<ConsumerSettings> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

async function moduleUrl(consumer: string, module: string, environment: ModuleEnvironment): Promise<string> {
  const { where, compileModule } = environment;
  const path = modulePath(module, environment.baseDir);
  if (path === undefined || !existsSync(path)) {
    throw new PenstockError(
      'CONSUMER_LOAD_FAILED',
      `${where}: consumers.${consumer}.module: there is no ${path ?? `package "${module}"`}`,
    );
  }
  if (!COMPILED.test(path)) return pathToFileURL(path).href;
  if (compileModule === undefined) {
    throw new PenstockError(
      'CONSUMER_LOAD_FAILED',
      `${where}: consumers.${consumer}.module: ${module} is TypeScript, which the hub command compiles; in a program, name its JavaScript`,
    );
  }
  try {
    return await compileModule(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PenstockError('CONSUMER_LOAD_FAILED', `${where}: consumers.${consumer}.module: ${why}`, { cause });
  }
}

/** A path or a file URL is taken as such, and so is a name that is a file; any other is a package's. */
function modulePath(module: string, baseDir: string): string | undefined {
  if (module.startsWith('file:')) return fileURLToPath(module);
  const path = resolve(baseDir, module);
  if (module.startsWith('.') || isAbsolute(module) || existsSync(path)) return path;
  try {
    return createRequire(join(baseDir, 'config')).resolve(module);
  } catch {
    return undefined;
  }
}
