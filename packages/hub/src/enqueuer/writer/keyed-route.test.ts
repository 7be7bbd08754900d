// The hashes of order keys in index files: those of each queue's own key, the same after a start as before it.
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { OrderKey } from '../../consumer.js';
import { Entries, IndexReader } from '../../queue/index-reader.js';
import { queueDirectory, WriterRig } from './writer-rig.fixture.js';

const CUSTOMER: OrderKey = { header: 'customer' };
const KIND: OrderKey = { topicToken: -1 };
/** The last token of the topic that messages here have. */
const KIND_HASH = crc32('example');

/** The hashes of all entries of a queue, through its index files. */
function hashesOf(rig: WriterRig, queue: number): number[] {
  const reader = new IndexReader(rig.files, queueDirectory(queue));
  const entries = new Entries();
  const hashes: number[] = [];
  const enqueued = rig.shared[queue - 1]?.enqueued.get() ?? 0;
  while (hashes.length < enqueued) {
    reader.read(hashes.length, 256, entries);
    if (entries.count === 0) throw new Error(`entry ${hashes.length} is missing`);
    hashes.push(...entries.keyHashes.subarray(0, entries.count));
  }
  reader.close();
  return hashes;
}

/** Queue 1 is ordered by customer, 2 by kind, 3 by nothing, and 4 as 1 is. */
const orderKeys = { 1: CUSTOMER, 2: KIND, 4: { ...CUSTOMER } };

function written(): WriterRig {
  const rig = new WriterRig(4, { orderKeys });
  rig.write([1, 2, 3, 4], 'a', { customer: 'x' });
  rig.roll();
  rig.write([1, 2, 3, 4], 'b', { customer: 'y' });
  rig.write([1], 'c');
  rig.reference(2, [{ position: 0, length: 40, keyHash: 4_711 }]);
  rig.writer.commit();
  return rig;
}

const expected = {
  1: [crc32('x'), crc32('y'), 0],
  2: [KIND_HASH, KIND_HASH, 4_711],
  3: [0, 0],
  4: [crc32('x'), crc32('y')],
};
const all = (rig: WriterRig) => ({
  1: hashesOf(rig, 1),
  2: hashesOf(rig, 2),
  3: hashesOf(rig, 3),
  4: hashesOf(rig, 4),
});

describe('the index entries of a queue', () => {
  it('carry the hash of its own order key, and none where it has no key or the message none', () => {
    expect(all(written())).toEqual(expected);
  });

  it.each(['in order', 'by a kill'])('carry the same after a stop %s', (how) => {
    const rig = written();
    if (how === 'in order') rig.writer.endSegment();
    else rig.files.loseProcess();
    const clean = how === 'in order';
    const again = new WriterRig(4, { files: rig.files, clean, ends: clean ? rig.ends : undefined, orderKeys });
    expect(all(again)).toEqual(expected);
  });

  it('that are written under another key carry its hash, beside those that are there', () => {
    const rig = written();
    rig.writer.endSegment();
    const again = new WriterRig(4, {
      files: rig.files,
      clean: true,
      ends: rig.ends,
      orderKeys: { ...orderKeys, 1: KIND },
    });
    again.write([1, 4], 'd', { customer: 'z' });
    again.writer.commit();
    expect(hashesOf(again, 1)).toEqual([...expected[1], KIND_HASH]);
    expect(hashesOf(again, 4)).toEqual([...expected[4], crc32('z')]);
  });
});
