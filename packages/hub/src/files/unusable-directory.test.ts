import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PenstockError } from '../errors.js';
import { NodeFiles } from './node-files.js';
import { usingDirectory } from './unusable-directory.js';

const systemError = (code: string) => Object.assign(new Error(`${code}: refused, write`), { code, syscall: 'write' });

const failing = (thrown: unknown) => () =>
  usingDirectory('/data', 'cannot be written', () => {
    throw thrown;
  });

describe('what the system refuses of a data directory', () => {
  it.each([
    ['ENOSPC', 'make room on its disk'],
    ['EDQUOT', 'make room on its disk'],
    ['EACCES', 'change its permissions'],
  ])('is told with what to do: %s', (code, remedy) => {
    expect(failing(systemError(code))).toThrow(
      expect.objectContaining({
        code: 'DATA_DIR_UNUSABLE',
        message: `the data directory /data cannot be written: ${code}: refused, write; ${remedy}, or choose another dataDir`,
      }),
    );
  });

  it('is not what is wrong for another reason', () => {
    const damaged = new PenstockError('DATA_DAMAGED', 'a file is damaged', { cause: systemError('EIO') });
    for (const error of [damaged, new TypeError('a bug')]) expect(failing(error)).toThrow(error);
  });

  it.runIf(existsSync('/proc/self'))('is told at once of a path where nothing can be made', () => {
    const files = new NodeFiles({ durable: true });
    const making = () => usingDirectory('/proc/a/b', 'cannot be made', () => files.makeDirectory('/proc/a/b'));
    expect(making).toThrow(expect.objectContaining({ code: 'DATA_DIR_UNUSABLE' }));
  });
});
