// Lets `import.meta` in a compiled file mean the source file, not the bundle: each file that mentions it gets one
// more import, of a small made-up module with that file's url. An import works from the end of the file, so no
// line or column moves, and esbuild keeps the names of several files apart.
import { dirname, extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plugin } from 'esbuild';

const NAME = '__penstockImportMeta';
const RESOLVE = '__penstockResolve';
const NAMESPACE = 'penstock-import-meta';
const MENTION = /\bimport\s*\.\s*meta\b/;

/** What a compiled file begins with: packages are resolved from where the compiled file lies, in the same package. */
export const IMPORT_META_BANNER = `const ${RESOLVE} = import.meta.resolve;`;

/** Source text with the import at its end, where it mentions `import.meta` at all. */
export function withImportMeta(text: string, path: string): string {
  if (extname(path) === '.json' || !MENTION.test(text)) return text;
  return `${text}\nimport * as ${NAME} from ${JSON.stringify(`${NAMESPACE}:${path}`)};`;
}

/** The two parts that esbuild needs for it. */
export const importMetaOf: { readonly define: Record<string, string>; readonly plugin: Plugin } = {
  define: { 'import.meta': NAME },
  plugin: {
    name: 'import-meta-of-the-source',
    setup(build) {
      build.onResolve({ filter: new RegExp(`^${NAMESPACE}:`) }, ({ path }) => ({
        path: path.slice(NAMESPACE.length + 1),
        namespace: NAMESPACE,
      }));
      build.onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path }) => ({ contents: moduleFor(path) }));
    },
  },
};

const moduleFor = (path: string): string => `
export const url = ${JSON.stringify(pathToFileURL(path).href)};
export const filename = ${JSON.stringify(path)};
export const dirname = ${JSON.stringify(dirname(path))};
export const resolve = (specifier) =>
  /^\\.{0,2}\\//.test(specifier) ? new URL(specifier, url).href : ${RESOLVE}(specifier);
`;
