// Reads the fenced blocks of a Markdown page the way a reader takes them: this is a file, that is a command. What a
// block is follows from its language, its first line, and, where neither can say it, a comment above it:
//
//   `// consumers/badges.ts` or `# send.py` in the first line    the block is that file
//   <!-- file: hub.config.json -->                               the same, for languages without comments
//   <!-- not run: REASON -->                                     nobody can run it here, and why
import { filesUnder, read } from './source-files.js';

/** What the languages of blocks are for; a page with any other fails its test. */
export const LANGUAGES = {
  ts: 'a module, type-checked',
  js: 'a module',
  json: 'parsed',
  python: 'compiled',
  sh: 'commands, run in order',
  console: 'what the commands before it have printed, whatever the numbers in it',
  yaml: 'a file for Prometheus; test/prometheus-example.test.ts holds its names',
  promql: 'questions for Prometheus; test/prometheus-example.test.ts holds their names',
  text: 'a picture made of letters, or a format: nothing to run',
};

export interface Block {
  /** `README.md:17`: where its fence begins. */
  readonly place: string;
  readonly language: string;
  readonly code: string;
  /** The file that it is, where it is one. */
  readonly file: string | undefined;
  /** Why it cannot be run, where it says so. */
  readonly notRun: string | undefined;
}

const FENCED = /^((?:<!-- .* -->\n\s*)*)( *)```(.*)\n([\s\S]*?)^ *```$/gm;
const FIRST_LINE = /^(?:\/\/|#) (\S+\.\w+)\n/;

/** Pages with single examples instead of steps; each has a test of its own. */
const LOOKED_UP = ['docs/cli.md'];

/** The pages whose blocks readers follow. */
export const PAGES = ['README.md', 'CONTRIBUTING.md', ...filesUnder('docs'), ...filesUnder('examples')].filter(
  (path) => path.endsWith('.md') && !path.startsWith('docs/decisions/') && !LOOKED_UP.includes(path),
);

export function blocksOf(page: string, text: string = read(page)): Block[] {
  return [...text.matchAll(FENCED)].map(({ index, 1: notes = '', 2: indent = '', 3: language = '', 4: body = '' }) => {
    const code = body.replaceAll(new RegExp(`^${indent}`, 'gm'), '');
    const line = text.slice(0, index + notes.length).split('\n').length;
    return {
      place: `${page}:${line}`,
      language,
      code,
      file: noted(notes, 'file') ?? (language === 'sh' ? undefined : code.match(FIRST_LINE)?.[1]),
      notRun: noted(notes, 'not run'),
    };
  });
}

function noted(notes: string, name: string): string | undefined {
  return notes.match(new RegExp(`<!-- ${name}: (.*) -->`))?.[1];
}

/** The commands of an `sh` block: one a line, lines that end with a backslash joined, comments left out. */
export function commandsOf({ code }: Block): string[] {
  return code
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.replace(/(?:^|\s+)# .*$/, '').trim())
    .filter((line) => line !== '');
}
