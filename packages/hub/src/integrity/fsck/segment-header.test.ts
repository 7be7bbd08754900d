// The header of a closed segment that is written anew is the one that it had, also where a queue has no index file there any
// more.
import { expect, it } from 'vitest';
import { JOURNAL, queueDirectory, WriterRig } from '../../enqueuer/writer/writer-rig.fixture.js';
import { readWhole } from '../../files/files.js';
import { Quarantine } from '../../files/quarantine.js';
import { readHeaderAnyhow } from '../../journal/segment-files.js';
import { indexName } from '../../queue/index-file.js';
import { IntervalSet } from '../../queue/interval-set.js';
import type { Queue } from '../../queue/registry.js';
import type { ExaminedQueue } from './examined.js';
import { writeHeaderAnew } from './segment-header.js';

it('says how far each queue had come, with and without an index file', () => {
  const { files, ...rig } = writeSegments();
  const [, second, third] = rig.segments as [string, string, string];
  const path = `${JOURNAL}/${second}`;
  const whole = readWhole(files, path);
  const position = (name: string) => Number(name.slice(0, 16));
  // All that queue 2 has there was settled.
  files.remove(`${queueDirectory(2)}/${indexName(position(second))}`);
  const damaged = files.overwrite(path);
  damaged.append(whole.with(30, 0xee));
  const known = readHeaderAnyhow(damaged, path, position(second));
  damaged.close();
  if (known === undefined) throw new Error('its records cannot be read');
  const queues = new Map([1, 2].map((number): [number, ExaminedQueue] => [number, queueOf(number)]));
  const quarantine = new Quarantine(files, '');
  writeHeaderAnew({ files, path: '', quarantine, queues, clean: true, ends: undefined }, path, known, position(third));
  expect(readWhole(files, path)).toEqual(whole);
});

function writeSegments() {
  const rig = new WriterRig(2);
  for (let segment = 0; segment < 3; segment++) {
    rig.write([1, 2]);
    rig.write([2]);
    rig.writer.commit();
    rig.roll();
  }
  return { files: rig.files, segments: rig.segments };
}

function queueOf(number: number): ExaminedQueue {
  const record: Queue = {
    number,
    name: `q${number}`,
    directory: queueDirectory(number),
    added: '2026-01-31T12:00:00.000Z',
    topics: undefined,
    startFrom: 'new',
    backfill: undefined,
    orderKey: undefined,
    keyedFrom: undefined,
  };
  return { record, settled: new IntervalSet() };
}
