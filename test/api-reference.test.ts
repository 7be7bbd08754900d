// The API reference builds without a warning: what the packages export is documented, and so are the types that it
// leads to; every link in a docstring leads somewhere.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Child } from './support/child.js';
import { ROOT } from './support/source-files.js';
import { tempDir } from './support/temp-dir.js';

const DOCS = join(ROOT, 'docs/api');

it('`pnpm run docs` has nothing to warn of', { timeout: 240_000 }, async () => {
  const out = tempDir();
  const typedoc = Child.node(join(DOCS, 'node_modules/typedoc/bin/typedoc'), ['--out', out, '--pretty', 'false'], {
    cwd: DOCS,
    env: { NO_COLOR: '1' },
  });
  const ending = await typedoc.ended;
  expect(typedoc.lines.filter((line) => /warning|error/i.test(line))).toEqual([]);
  expect(ending).toEqual({ code: 0, signal: null });
  for (const page of ['classes/_penstock_hub.Consumer.html', 'functions/_penstock_zeromq.zeromq.html']) {
    expect(existsSync(join(out, page)), page).toBe(true);
  }
});
