// Holds the documentation against the code: generated pages are as the code would write them now, and links
// inside the repository lead somewhere.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { filesUnder, ROOT, read } from './support/source-files.js';

it('the generated pages are up to date', () => {
  const { status, stderr } = spawnSync(process.execPath, ['docs/generate.mjs', '--check'], { cwd: ROOT });
  expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' });
});

it('every link to a file of the repository finds it', () => {
  const pages = filesUnder('.').filter((path) => path.endsWith('.md'));
  const dead = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !existsSync(join(ROOT, dirname(page), target)))
      .map((target) => `${page} -> ${target}`),
  );
  expect(pages.length).toBeGreaterThan(0);
  expect(dead).toEqual([]);
});
