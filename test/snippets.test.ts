// Every fenced block of every page is run as a reader would: files are written, types checked, commands carried out
// against a real hub, output compared. test/support/page.ts says how a block tells what it is; the few that nobody can
// run here say why, and are counted below.
import { describe, expect, it } from 'vitest';
import type { StatusJson } from './support/hub-project.js';
import { blocksOf, commandsOf, PAGES } from './support/page.js';
import { INSTALLING, PageWalk } from './support/page-walk.js';
import { until } from './support/until.js';

/** Blocks that say `not run`, by page. */
const NOT_RUN = {
  'README.md': 1,
  'docs/reliability.md': 3,
  'examples/prometheus/README.md': 1,
  'examples/acknowledged-publisher/README.md': 1,
  'examples/quickstart/README.md': 2,
  'examples/sign-and-publish/README.md': 1,
};

const withBlocks = PAGES.filter((page) => blocksOf(page).length > 0);

async function follow(page: string, install: boolean): Promise<void> {
  const walk = new PageWalk(page, { install });
  await walk.follow();
  if (walk.hubRuns) {
    await until(`every consumer of ${page} has had messages and has settled them all`, async () => {
      const { consumers } = JSON.parse(await walk.run('hub status --json')) as StatusJson;
      return consumers.every(({ backlog, settledTotal }) => backlog === 0 && settledTotal.acknowledged > 0);
    });
  }
  await walk.end();
  for (const reason of walk.skipped) console.warn(reason);
}

// The first one packs the workspace and installs from a registry: the time is that of other machines too.
describe('whoever follows', { timeout: 300_000 }, () => {
  it('README.md from a clone on has a consumer with its gauge', () => follow('README.md', true));

  it.each(withBlocks.filter((page) => page !== 'README.md'))('%s meets only what works', (page) => follow(page, false));
});

describe('the pages', () => {
  it('install as README.md does, which is the one that is installed from', () => {
    const installing = (page: string) =>
      blocksOf(page)
        .filter(({ language, notRun }) => language === 'sh' && notRun === undefined)
        .flatMap(commandsOf)
        .filter((command) => INSTALLING.test(command));
    const elsewhere = withBlocks.flatMap(installing).filter((command) => !installing('README.md').includes(command));
    expect(elsewhere).toEqual([]);
  });

  it('have only these blocks that cannot be run, each with its reason', () => {
    const counts = withBlocks.map((page) => [page, blocksOf(page).filter(({ notRun }) => notRun !== undefined).length]);
    expect(Object.fromEntries(counts.filter(([, count]) => count !== 0))).toEqual(NOT_RUN);
  });
});

describe('a page', () => {
  const fence = (language: string, ...lines: string[]) => [`\`\`\`${language}`, ...lines, '```', ''].join('\n');
  const consumer = fence(
    'ts',
    '// consumers/deaf.ts',
    "import { Consumer } from '@penstock/hub';",
    "export default class Deaf extends Consumer { static topics = ['a.b']; consume() {} }",
  );
  const config = fence(
    'ts',
    '// hub.config.ts',
    "import { defineConfig } from '@penstock/hub';",
    "export default defineConfig({ http: false, consumers: { deaf: { module: './consumers/deaf.ts' } } });",
  );

  it.each([
    ['a wrong type', fence('ts', "const n: number = 'one';", 'export { n };'), "Type 'string' is not assignable"],
    ['a command that fails', fence('sh', 'exit 3'), 'expected 3 to be'],
    ['Python that is none', fence('python', 'def (:'), 'SyntaxError'],
    ['a config without its consumer', config, 'consumers.deaf.module: there is no'],
    ['a language that nobody runs', fence('cobol', 'STOP RUN.'), 'the language of page.md:1'],
    ['a consumer without a file', fence('ts', 'class A extends Consumer {}'), 'is to name its file'],
  ])('with %s is found', async (_, text, message) => {
    await expect(new PageWalk('page.md', { install: false, text }).follow()).rejects.toThrow(message);
  });

  it('with nothing wrong passes', async () => {
    await new PageWalk('page.md', { install: false, text: consumer + config }).follow();
  });
});

describe('a block', () => {
  const page = (...lines: string[]) => blocksOf('page.md', lines.join('\n'));

  it('is the file that its first line or the comment above it names', () => {
    expect(
      page('```ts', '// a/b.ts', 'one', '```', '', '<!-- file: c.json -->', '', '```json', '{}', '```'),
    ).toMatchObject([
      { place: 'page.md:1', file: 'a/b.ts', code: '// a/b.ts\none\n' },
      { place: 'page.md:8', file: 'c.json', code: '{}\n' },
    ]);
  });

  it('says why it is not run', () => {
    expect(page('<!-- not run: takes a day -->', '```sh', 'sleep 1d', '```')[0]?.notRun).toBe('takes a day');
  });

  it('of commands has one a line, without comments', () => {
    const [block] = page('```sh', 'a --b  # why', '# how', 'c \\', "  -d 'e#f'", '```');
    expect(block && commandsOf(block)).toEqual(['a --b', "c -d 'e#f'"]);
  });
});
