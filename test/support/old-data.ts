// Data directories as an older Penstock left them: `data-format-1/stopped` after an orderly stop, `data-format-1/killed`
// after a kill -9. Each was made by the last code of that format: a consumer `worked`, whose messages came to every kind of
// end, and a consumer `waiting` with an order key, which never ran. Of 160 messages `{ n, do, pad }` with the header `key` n % 5, published one by one,
// each eighth is dead by its consumer, dropped, dead after two attempts, and to be retried in an hour (that is over); the rest is
// acknowledged.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { ROOT } from './source-files.js';

export type OldData = 'stopped' | 'killed';

/** The files of a directory by their paths in it. */
export function oldFiles(which: OldData): Map<string, Buffer> {
  const packed = readFileSync(join(ROOT, `test/fixtures/data-format-1/${which}.json.gz`));
  const files = JSON.parse(gunzipSync(packed).toString()) as Record<string, string>;
  return new Map(Object.entries(files).map(([path, bytes]) => [path, Buffer.from(bytes, 'base64')]));
}

/** Writes them into a directory, as they were. */
export function writeOldData(which: OldData, dataDir: string): void {
  for (const [path, bytes] of oldFiles(which)) {
    mkdirSync(dirname(join(dataDir, path)), { recursive: true, mode: 0o700 });
    writeFileSync(join(dataDir, path), bytes, { mode: 0o600 });
  }
}
