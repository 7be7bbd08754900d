// What other programs may use of the `hub` command: its status table, and its compiler of TypeScript modules, which
// a program that calls createHub() itself hands over as `compileModule`.

export { CompileError, compileModule, stopCompiler } from './compile/compile.js';
export type { StatusOptions } from './status/render-status.js';
export { renderStatus } from './status/render-status.js';
