// The parts of the house style that a machine can hold: size and opening of files, names of folders, and that
// nothing of one developer's machine or network gets into the repository.
import { describe, expect, it } from 'vitest';
import { filesUnder, isShipped, read } from './support/source-files.js';

/** One concept a file is about 150 lines; beyond this many it is more than one. */
const MOST_LINES = 300;

/** Folders named for no concept; what lands in them belongs beside what it serves. */
const NAMELESS = ['utils', 'util', 'helpers', 'helper', 'common', 'shared', 'misc', 'types'];

const files = filesUnder('.');
const sources = files.filter((path) => /^packages\/[^/]+\/src\/.*\.ts$/.test(path));

/** The lines, as `path:line: text`, of all text files that match. */
function linesLike(pattern: RegExp, paths: readonly string[] = files): string[] {
  return paths.flatMap((path) =>
    read(path)
      .split('\n')
      .flatMap((line, at) => (pattern.test(line) ? [`${path}:${at + 1}: ${line.trim().slice(0, 160)}`] : [])),
  );
}

describe('source files', () => {
  it(`have at most ${MOST_LINES} lines`, () => {
    const counted = sources.map((path) => ({ path, lines: read(path).split('\n').length - 1 }));
    expect(counted.filter(({ lines }) => lines > MOST_LINES)).toEqual([]);
  });

  it('open with a comment that says what the file owns', () => {
    const shipped = sources.filter(isShipped);
    expect(shipped.filter((path) => !/^(?:#!.*\n)?\/[/*]/.test(read(path)))).toEqual([]);
  });

  it('lie in folders named for a concept', () => {
    expect(
      files.filter((path) =>
        path
          .split('/')
          .slice(0, -1)
          .some((folder) => NAMELESS.includes(folder)),
      ),
    ).toEqual([]);
  });
});

describe('the repository', () => {
  it('names no registry: each machine brings its own', () => {
    expect(linesLike(/https?:\/\/[^\s/"']*(?:registry|npmjs|artifactory|nexus|verdaccio|jfrog)/i)).toEqual([]);
  });

  it('names no absolute path of a developer’s machine', () => {
    expect(linesLike(/(?:^|[\s"'`(=:])\/(?:root|home|Users|work|mnt|opt)\/[\w.-]/)).toEqual([]);
  });

  it('has a lockfile that names no host', () => {
    expect(linesLike(/tarball:|https?:\/\//, ['pnpm-lock.yaml'])).toEqual([]);
  });

  it('has no install script of its own, since none is run', () => {
    const manifests = files.filter((path) => path.endsWith('package.json'));
    expect(linesLike(/"(?:pre|post)?install"\s*:|"prepare"\s*:/, manifests)).toEqual([]);
  });
});
