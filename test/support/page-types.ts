// Type-checks the TypeScript files of a project as its user's editor would: strictly, against the built packages.
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { Child } from './child.js';
import { ROOT } from './source-files.js';

/**
 * @param folder A project that `hub init` made: its tsconfig.json says how strict its user is.
 * @param what Names the project in the message of a failure.
 */
export async function checkTypes(folder: string, what: string): Promise<void> {
  const isTypeScript = (name: string) => name.endsWith('.ts') && !name.includes('node_modules');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(isTypeScript);
  if (files.length === 0) return;
  const config = join(folder, 'tsconfig.check.json');
  const compilerOptions = { typeRoots: [join(ROOT, 'node_modules/@types')] };
  writeFileSync(config, JSON.stringify({ extends: './tsconfig.json', compilerOptions, files }));
  const tsc = Child.spawn(join(ROOT, 'node_modules/.bin/tsc'), ['--project', config]);
  const { code } = await tsc.ended;
  expect(code, `the types in ${what}:\n${tsc.output}\n`).toBe(0);
  rmSync(config);
}
