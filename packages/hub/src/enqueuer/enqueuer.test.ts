// The enqueuer: every message gets its place in the journal, its route stands before it in its segment, and nobody
// is told of a commit that has not happened.
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { PenstockError } from '../errors.js';
import { readRoute } from '../journal/encode.js';
import { AT, RECORD_HEADER_BYTES, RecordKind, recordProblem, viewOf } from '../journal/record.js';
import { exampleRecord } from '../journal/segment.fixture.js';
import { BATCH_BYTES, type Batch } from './batch.js';
import { Enqueuer, type EnqueuerLimits } from './enqueuer.js';
import type { JournalThread } from './journal-thread.js';
import { Router } from './router.js';

const FIRST = 5_000;
const LIMITS: EnqueuerLimits = { maxUncommittedBytes: 1e6, maxMessageBytes: 10_000, segmentBytes: 1e6 };

let submitted: Batch[];
beforeEach(() => {
  submitted = [];
});

function enqueuerWith(limits: Partial<EnqueuerLimits> = {}): Enqueuer {
  const journal = {
    buffer: (bytes: number) => new ArrayBuffer(Math.max(bytes, BATCH_BYTES)),
    submit: (batch: Batch) => submitted.push(batch),
  } as unknown as JournalThread;
  const router = new Router([
    { number: 1, patterns: ['a.>', 'both'] },
    { number: 2, patterns: ['b.>', 'both'] },
  ]);
  return new Enqueuer(journal, router, { ...LIMITS, ...limits }, FIRST);
}

interface Decoded {
  readonly kind: number;
  readonly position: number;
  readonly segment: number;
  /** Of a message. */
  readonly topic: string;
  readonly queues: readonly number[];
}

/** All records handed over, as the journal thread would come to read them. */
function decode(batches: readonly Batch[] = submitted): Decoded[] {
  const decoded: Decoded[] = [];
  let routes: (readonly number[])[] = [];
  let segment = 0;
  for (const { buffer, used, roll } of batches) {
    if (roll) {
      segment++;
      routes = [];
    }
    const bytes = Buffer.from(buffer, 0, used);
    const view = viewOf(bytes);
    for (let at = 0; at < used; at += view.getUint32(at + AT.length, true)) {
      const position = view.getFloat64(at + AT.position, true);
      expect(recordProblem(bytes, view, at, used, position)).toBeUndefined();
      const kind = view.getUint8(at + AT.kind);
      const number = view.getUint32(at + AT.route, true);
      if (kind === RecordKind.ROUTE) routes[number] = readRoute(view, at);
      const topicAt = at + RECORD_HEADER_BYTES;
      const topic = bytes.toString('utf8', topicAt, topicAt + view.getUint16(at + AT.topicLength, true));
      decoded.push({ kind, position, segment, topic, queues: kind === RecordKind.DATA ? (routes[number] ?? []) : [] });
    }
  }
  return decoded;
}

const messages = (decoded: readonly Decoded[]): Decoded[] => decoded.filter(({ kind }) => kind === RecordKind.DATA);

describe('the enqueuer', () => {
  it('puts a message into one queue alone, whatever its topic matches and however large it is', () => {
    const enqueuer = enqueuerWith({ maxMessageBytes: 10 });
    const topic = new TextEncoder().encode('both');
    const body = new Uint8Array(5_000);
    enqueuer.appendTo(2, { topic, body, headers: undefined, id: 'given' });
    enqueuer.appendTo(9, { topic, body, headers: { id: 'other' }, id: undefined });
    enqueuer.flush();
    expect(messages(decode()).map(({ topic, queues }) => [topic, queues])).toEqual([
      ['both', [2]],
      ['both', [9]],
    ]);
    expect(enqueuer.uncommittedBytes).toBeGreaterThan(10_000);
    enqueuer.refuse(new PenstockError('JOURNAL_FAILED', 'gone'));
    expect(() => enqueuer.appendTo(2, { topic, body, headers: undefined, id: undefined })).toThrow('gone');
  });

  it('ends a segment before it is full when it is asked to, unless there is nothing in it', () => {
    const enqueuer = enqueuerWith();
    enqueuer.endSegment();
    expect(submitted).toEqual([]);
    enqueuer.append('a.x', 'one', undefined);
    enqueuer.endSegment();
    enqueuer.endSegment();
    expect(submitted.map(({ roll, used }) => [roll, used > 0])).toEqual([
      [false, true],
      [true, false],
    ]);
    enqueuer.append('a.x', 'two', undefined);
    enqueuer.flush();
    const decoded = decode();
    expect(messages(decoded).map(({ segment }) => segment)).toEqual([0, 1]);
    // Its route is written down in the new one again.
    expect(decoded.map(({ segment }) => segment)).toEqual([0, 0, 1, 1]);
  });

  it('gives records places that follow each other, and each message its route, whatever the sizes', () => {
    const message = fc.record({
      topic: fc.constantFrom('a.x', 'b.x', 'both', 'nobody', 'a.y'),
      bytes: fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 9_000 })),
      flush: fc.boolean(),
    });
    const queuesOf: Record<string, number[]> = { 'a.x': [1], 'a.y': [1], 'b.x': [2], both: [1, 2], nobody: [] };
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 60 }),
        fc.integer({ min: 100, max: 20_000 }),
        (given, segmentBytes) => {
          submitted = [];
          const enqueuer = enqueuerWith({ segmentBytes });
          const positions = given.map(({ topic, bytes, flush }) => {
            const position = enqueuer.append(topic, 'x'.repeat(bytes), undefined);
            if (flush) enqueuer.flush();
            return position;
          });
          enqueuer.flush();
          const all = decode();
          const found = messages(all);
          expect(found.map(({ position }) => position)).toEqual(positions);
          expect(found.map(({ topic, queues }) => [topic, queues])).toEqual(
            given.map(({ topic }) => [topic, queuesOf[topic]]),
          );
          let next = FIRST;
          for (const { endPosition, used } of submitted) {
            expect(endPosition).toBe(next + used);
            next = endPosition;
          }
          expect(enqueuer.nextPosition).toBe(next);
          // A segment ends with the first record beyond its size, never before it.
          const starts = all
            .filter(({ segment }, index) => segment !== all[index - 1]?.segment)
            .map(({ position }) => position);
          for (const [index, start] of starts.slice(1).entries()) {
            expect(start - (starts[index] as number)).toBeGreaterThanOrEqual(segmentBytes);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('hands over at the end of the turn what nobody has handed over before', async () => {
    const enqueuer = enqueuerWith();
    enqueuer.append('a.x', 'one', undefined);
    enqueuer.append('a.x', 'two', undefined);
    expect(submitted).toEqual([]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(messages(decode()).length).toBe(2);
    expect(submitted.length).toBe(1);
  });

  it('takes messages larger than a batch, in a batch of their own', () => {
    const enqueuer = enqueuerWith({ maxMessageBytes: 10 * BATCH_BYTES });
    enqueuer.append('a.x', 'small', undefined);
    enqueuer.append('a.x', new Uint8Array(3 * BATCH_BYTES), undefined);
    enqueuer.append('a.x', 'small', undefined);
    enqueuer.flush();
    expect(submitted.map(({ pooled }) => pooled)).toEqual([true, false, true]);
    expect(messages(decode()).length).toBe(3);
  });

  it('has one promise for all that was taken in one go, and it resolves with their commit', async () => {
    const enqueuer = enqueuerWith();
    enqueuer.append('a.x', 'one', undefined);
    const first = enqueuer.committed();
    enqueuer.append('a.x', 'two', undefined);
    expect(enqueuer.committed()).toBe(first);
    enqueuer.flush();
    expect(enqueuer.committed()).toBe(first);
    enqueuer.append('a.x', 'three', undefined);
    expect(enqueuer.committed()).not.toBe(first);
    const [batch] = submitted as [Batch];
    batch.resolve();
    enqueuer.noteCommitted(batch);
    await first;
  });

  it('counts what is not committed, is full at its limit, and wakes who waits at half of it', async () => {
    const enqueuer = enqueuerWith({ maxUncommittedBytes: 4_000 });
    await enqueuer.writable();
    while (!enqueuer.saturated) enqueuer.append('a.x', 'x'.repeat(500), undefined);
    expect(enqueuer.uncommittedBytes).toBeGreaterThan(2_000);
    expect(enqueuer.full).toBe(false);
    enqueuer.flush();
    while (!enqueuer.full) enqueuer.append('a.x', 'x'.repeat(500), undefined);
    enqueuer.flush();
    let woken = false;
    const waiting = enqueuer.writable().then(() => {
      woken = true;
    });
    enqueuer.noteCommitted(submitted[0] as Batch);
    expect(enqueuer.uncommittedBytes).toBe(submitted[1]?.used);
    enqueuer.noteCommitted(submitted[1] as Batch);
    await waiting;
    expect([woken, enqueuer.uncommittedBytes, enqueuer.saturated]).toEqual([true, 0, false]);
  });

  it.each([
    ['no topic', ['', 'x'], 'TOPIC_INVALID'],
    ['a body that is none', ['a.x', 7], 'BODY_INVALID'],
    ['a body that is missing', ['a.x', undefined], 'BODY_INVALID'],
    ['headers that are no text', ['a.x', 'x', { a: 7 }], 'HEADERS_INVALID'],
    ['headers that are too large', ['a.x', 'x', { a: 'x'.repeat(9_000) }], 'HEADERS_TOO_LARGE'],
    ['a body that is too large', ['a.x', new Uint8Array(9_998)], 'MESSAGE_TOO_LARGE'],
    ['text that is too large as UTF-8', ['a.x', 'é'.repeat(4_999)], 'MESSAGE_TOO_LARGE'],
  ])('refuses %s, and goes on as if it had never been', (_, refused, code) => {
    const enqueuer = enqueuerWith();
    enqueuer.append('a.x', 'before', undefined);
    expect(() => enqueuer.append(...(refused as Parameters<Enqueuer['append']>))).toThrow(
      expect.objectContaining({ code }),
    );
    enqueuer.append('a.x', 'after', undefined);
    enqueuer.flush();
    const found = messages(decode());
    expect(found.map(({ queues }) => queues)).toEqual([[1], [1]]);
    expect(enqueuer.nextPosition).toBe(submitted.at(-1)?.endPosition);
  });

  it('takes a message of just the largest size', () => {
    const enqueuer = enqueuerWith();
    enqueuer.append('a.x', new Uint8Array(9_997), undefined);
    enqueuer.append('a.x', `${'é'.repeat(4_998)}x`, undefined);
    enqueuer.flush();
    expect(messages(decode()).length).toBe(2);
  });

  it('begins a segment also when the first message for it is refused', () => {
    const enqueuer = enqueuerWith({ segmentBytes: 100 });
    enqueuer.append('a.x', 'x'.repeat(200), undefined);
    expect(() => enqueuer.append('a.x', 'x', { a: 'x'.repeat(9_000) })).toThrow();
    enqueuer.append('a.x', 'y', undefined);
    enqueuer.flush();
    const found = messages(decode());
    expect(found.map(({ segment, queues }) => [segment, queues])).toEqual([
      [0, [1]],
      [1, [1]],
    ]);
  });

  it('takes no more once it has a reason not to, and lets go of who waits', async () => {
    const enqueuer = enqueuerWith({ maxUncommittedBytes: 100 });
    enqueuer.append('a.x', 'x'.repeat(200), undefined);
    const waiting = enqueuer.writable();
    enqueuer.refuse(new PenstockError('JOURNAL_FAILED', 'the disk is gone'));
    enqueuer.refuse(new PenstockError('HUB_NOT_RUNNING', 'a later reason'));
    await waiting;
    for (const act of [
      () => enqueuer.append('a.x', 'x', undefined),
      () => enqueuer.appendEncoded(exampleRecord(0, { topic: 'a.x' })),
      () => enqueuer.appendReferences(1, [{ position: 0, length: 50, keyHash: 0 }]),
    ]) {
      expect(act).toThrow(expect.objectContaining({ code: 'JOURNAL_FAILED' }));
    }
    enqueuer.flush();
    expect(messages(decode()).length).toBe(1);
  });

  it('gives a record that a thread has encoded its place and route, and leaves the rest of it as it is', () => {
    const enqueuer = enqueuerWith();
    const record = exampleRecord(0, { topic: 'both', body: 'from a thread', id: 'x/y/0', headers: { a: 'b' } });
    enqueuer.append('b.x', 'first', undefined);
    const position = enqueuer.appendEncoded(record);
    enqueuer.flush();
    expect(messages(decode()).at(-1)).toMatchObject({ position, topic: 'both', queues: [1, 2] });
    const [{ buffer, used }] = submitted as [Batch];
    const written = Buffer.from(buffer, used - record.byteLength, record.byteLength);
    expect(written.subarray(RECORD_HEADER_BYTES)).toEqual(Buffer.from(record.subarray(RECORD_HEADER_BYTES)));
  });

  it('writes references a part at a time, all of them, in order', () => {
    const enqueuer = enqueuerWith();
    const entries = Array.from({ length: 10_000 }, (_, index) => ({ position: index * 100, length: 99, keyHash: 0 }));
    enqueuer.appendReferences(2, entries);
    enqueuer.flush();
    const positions: number[] = [];
    for (const { buffer, used } of submitted) {
      const view = new DataView(buffer);
      for (let at = 0; at < used; at += view.getUint32(at + AT.length, true)) {
        expect([view.getUint8(at + AT.kind), view.getUint32(at + AT.route, true)]).toEqual([RecordKind.REF, 2]);
        for (let each = at + RECORD_HEADER_BYTES; each < at + view.getUint32(at + AT.length, true); each += 16) {
          positions.push(view.getFloat64(each, true));
        }
      }
    }
    expect(positions).toEqual(entries.map(({ position }) => position));
  });
});
