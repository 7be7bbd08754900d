// Runs esbuild over one module and what it imports by path, and notes each file that went in. Packages and
// plain JavaScript stay imports: Node loads them better than a bundle would (CommonJS, one copy per thread).
import { readFile } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Loader, Plugin } from 'esbuild';
import { compileErrorFrom } from './compile-error.js';
import { contentHash } from './content-hash.js';
import { IMPORT_META_BANNER, importMetaOf, withImportMeta } from './import-meta.js';

type Esbuild = typeof import('esbuild');

/** What came out of compiling a module. */
export interface Bundle {
  /** JavaScript, its source map inside. */
  readonly code: Uint8Array;
  /** The files that went in: absolute path to content hash. */
  readonly inputs: ReadonlyMap<string, string>;
}

const LOADERS: Readonly<Record<string, Loader>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.tsx': 'tsx',
  '.jsx': 'jsx',
  '.json': 'json',
};
const COMPILED = /\.(?:[cm]?tsx?|jsx|json)$/;
const PLAIN = /\.(?:[cm]?js|node)$/;

let esbuild: Promise<Esbuild> | undefined;

/** Ends esbuild's process, which otherwise lives as long as this one. The next compilation starts it again. */
export async function stopCompiler(): Promise<void> {
  const running = esbuild;
  esbuild = undefined;
  await (await running)?.stop();
}

/**
 * Compiles one module.
 *
 * @param source Absolute path of the module.
 * @param folder Absolute path of the folder that the result is for: its source map is relative to it.
 * @throws CompileError
 */
export async function bundle(source: string, folder: string): Promise<Bundle> {
  const inputs = new Map<string, string>();
  const workingFolder = dirname(source);
  esbuild ??= import('esbuild');
  const { build } = await esbuild;
  try {
    const result = await build({
      entryPoints: [source],
      absWorkingDir: workingFolder,
      outdir: folder,
      write: false,
      bundle: true,
      packages: 'external',
      platform: 'node',
      target: 'node20.19',
      format: 'esm',
      sourcemap: 'inline',
      sourcesContent: false,
      logLevel: 'silent',
      banner: { js: IMPORT_META_BANNER },
      define: importMetaOf.define,
      plugins: [plainJavaScriptStaysOutside, importMetaOf.plugin, readAndNote(inputs)],
    });
    return { code: (result.outputFiles[0] as { contents: Uint8Array }).contents, inputs };
  } catch (error) {
    throw compileErrorFrom(error, source, workingFolder);
  }
}

const LOOKED_UP = Symbol('looked up');

const plainJavaScriptStaysOutside: Plugin = {
  name: 'plain-javascript-stays-outside',
  setup(build) {
    build.onResolve(
      { filter: /.*/, namespace: 'file' },
      async ({ path, kind, importer, resolveDir, pluginData, with: attributes }) => {
        if (kind === 'entry-point' || pluginData === LOOKED_UP) return undefined;
        const found = await build.resolve(path, {
          kind,
          importer,
          resolveDir,
          pluginData: LOOKED_UP,
          with: attributes,
        });
        if (found.external || found.errors.length > 0 || !PLAIN.test(found.path)) return undefined;
        return { path: pathToFileURL(found.path).href, external: true };
      },
    );
  },
};

const readAndNote = (inputs: Map<string, string>): Plugin => ({
  name: 'read-and-note',
  setup(build) {
    build.onLoad({ filter: COMPILED, namespace: 'file' }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      inputs.set(path, contentHash(text));
      return { contents: withImportMeta(text, path), loader: LOADERS[extname(path)] as Loader };
    });
  },
});
