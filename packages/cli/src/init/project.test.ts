import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { VERSION } from '../version.js';
import { manifestFor, templateFiles } from './project.js';

test.each([
  ['/tmp/my-hub', 'my-hub'],
  ['/tmp/My Hub (new)', 'my-hub-new'],
  ['/tmp/.hidden', 'hidden'],
  ['/tmp/日本', 'my-hub'],
  ['/', 'my-hub'],
])('a project in %s is called %s', (directory, name) => expect(manifestFor(directory).name).toBe(name));

test('it depends on the packages of this version', () => {
  const { dependencies } = manifestFor('/tmp/my-hub');
  expect(dependencies).toEqual({
    '@penstock/cli': VERSION,
    '@penstock/hub': VERSION,
    '@penstock/zeromq': VERSION,
  });
});

test('what a package.json has already stays, but for what the project cannot do without', () => {
  const existing = {
    name: 'mine',
    version: '2.0.0',
    type: 'commonjs',
    scripts: { lint: 'biome check', test: 'echo none' },
    dependencies: { '@penstock/cli': 'file:../cli.tgz', left: '1' },
  };
  expect(manifestFor('/tmp/my-hub', existing)).toMatchObject({
    name: 'mine',
    version: '2.0.0',
    type: 'module',
    scripts: { lint: 'biome check', test: 'node --test' },
    dependencies: { '@penstock/cli': 'file:../cli.tgz', '@penstock/hub': VERSION, left: '1' },
  });
});

test('the files of the template are all in the package, .gitignore under its own name', async () => {
  const files = [...(await templateFiles()).keys()];
  expect(files.toSorted()).toEqual([
    '.gitignore',
    'README.md',
    'consumers/archive.ts',
    'hub.config.ts',
    'test/archive.test.mjs',
    'tsconfig.json',
  ]);
  const { files: packed } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(packed).toContain('template');
});
