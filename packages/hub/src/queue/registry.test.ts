// Which queues a data directory holds: numbered for good, made whole or not at all, kept when nobody asks for them.
import { beforeEach, describe, expect, it } from 'vitest';
import type { OrderKey } from '../consumer.js';
import type { Damage } from '../files/damage.js';
import { readWhole, replaceFile } from '../files/files.js';
import { MemoryFiles } from '../files/memory-files.js';
import { type Queue, QueueRegistry, type QueueRequest } from './registry.js';

const asked = (...names: string[]): QueueRequest[] => names.map((name) => ({ name, startFrom: 'new' }));

let files: MemoryFiles;
beforeEach(() => {
  files = new MemoryFiles();
});

const open = (requests: QueueRequest[], nextNumber = 1) => new QueueRegistry(files, '/data').open(requests, nextNumber);
const namesOf = ({ queues }: ReturnType<typeof open>) => queues.map(({ number, name }) => `${number}-${name}`);

/** Has a hub make queue `a` on an empty disk, and be killed after so many changes of it; false when it was not. */
function openKilledAt(step: number): boolean {
  files = new MemoryFiles();
  let left = step;
  files.hook = ({ kind }) => (kind !== 'list' && --left < 0 ? { error: new Error('killed') } : undefined);
  try {
    open(asked('a'));
    return false;
  } catch {
    return true;
  }
}

describe('the registry of queues', () => {
  it('makes what is asked for, and finds it again', () => {
    expect(namesOf(open(asked('a', 'b')))).toEqual(['1-a', '2-b']);
    expect(namesOf(open(asked('b', 'a')))).toEqual(['1-a', '2-b']);
    expect(files.list('/data/queues/1-a')).toEqual(['queue.json', 'settled']);
  });

  it('keeps a queue that nobody asks for', () => {
    open(asked('a', 'b'));
    expect(namesOf(open(asked('c')))).toEqual(['1-a', '2-b', '3-c']);
  });

  it('never uses a number twice, also when the queue that had it is gone', () => {
    const { nextNumber } = open(asked('a', 'b'));
    files.remove('/data/queues/2-b');
    expect(namesOf(open(asked('b'), nextNumber))).toEqual(['1-a', '3-b']);
  });

  it('remembers across restarts that a queue is still to be filled from the journal', () => {
    const registry = new QueueRegistry(files, '/data');
    const [queue] = registry.open([{ name: 'a', startFrom: 'earliest' }], 1).queues;
    expect(queue?.backfill).toBe('pending');
    expect(open(asked('a')).queues[0]?.backfill).toBe('pending');
    if (queue !== undefined) registry.backfilled(queue);
    expect(open([{ name: 'a', startFrom: 'earliest' }]).queues[0]?.backfill).toBe('done');
  });

  it('remembers where a queue begins, whatever its consumer says later', () => {
    const startFrom = { position: 500 };
    open([
      { name: 'a', startFrom },
      { name: 'b', startFrom: 'new' },
    ]);
    const queues = open([
      { name: 'a', startFrom: 'earliest' },
      { name: 'b', startFrom },
    ]).queues;
    expect(queues.map((queue) => [queue.startFrom, queue.backfill])).toEqual([
      [startFrom, 'pending'],
      ['new', undefined],
    ]);
  });

  it('lets go of a queue that was being made when the hub ended, wherever that was', () => {
    for (let step = 1; ; step++) {
      const killed = openKilledAt(step);
      files.losePower();
      const { queues } = open(asked('a'), 5);
      expect(queues.map(({ name }) => name)).toEqual(['a']);
      expect(files.list('/data/queues')).toEqual([`${queues[0]?.number}-a`]);
      if (!killed) break;
    }
  });

  it('keeps through a loss of power each queue that it has opened, also one that a killed hub had begun to make', () => {
    for (let step = 1; ; step++) {
      const killed = openKilledAt(step);
      files.loseProcess();
      const opened = namesOf(open(asked('a')));
      files.losePower();
      expect(namesOf(open([]))).toEqual(opened);
      if (!killed) break;
    }
  });

  it.each(['0000000000000000.idx', 'settled/t0-1.log', 'dead/t0-1.seg'])(
    'never takes a queue with %s for one that was only being made',
    (name) => {
      open(asked('a'));
      files.makeDirectory('/data/queues/1-a/dead');
      files.create(`/data/queues/1-a/${name}`).close();
      files.remove('/data/queues/1-a/queue.json');
      expect(namesOf(open(asked('a')))).toEqual(['1-a']);
      expect(files.size(`/data/queues/1-a/${name}`)).toBe(0);
    },
  );

  it('refuses a queue whose file a newer Penstock wrote', () => {
    open(asked('a'));
    const json = '{"format":99,"number":1,"name":"a"}';
    replaceFile(files, '/data/queues/1-a', 'queue.json', new TextEncoder().encode(json));
    expect(() => open(asked('a'))).toThrow(
      expect.objectContaining({
        code: 'DATA_FORMAT_UNSUPPORTED',
        message: expect.stringContaining('/data/queues/1-a/queue.json'),
      }),
    );
  });

  it.each([
    '{"format":1,"number":2,"name":"a"}',
    '{"format":1,"number":1,"name":"b"}',
    '{"format":2,"number":1,"name":"a","checksum":"00000000"}',
    '{"format":1,',
    'null',
    '',
  ])('makes the file of a queue anew that says %s, and keeps the old one', (json) => {
    open(asked('a'));
    replaceFile(files, '/data/queues/1-a', 'queue.json', new TextEncoder().encode(json));
    const damage: Damage[] = [];
    const registry = new QueueRegistry(files, '/data');
    const asking = [{ name: 'a', startFrom: 'new' as const, topics: ['x'] }];
    const { queues } = registry.open(asking, 1, undefined, (each) => damage.push(each));
    expect(queues).toMatchObject([{ number: 1, name: 'a', topics: ['x'] }]);
    expect(damage).toMatchObject([{ kind: 'queue-file', path: '/data/queues/1-a/queue.json' }]);
    expect(new TextDecoder().decode(readWhole(files, damage[0]?.aside as string))).toBe(json);
    registry.open(asking, 1, undefined, (each) => damage.push(each));
    expect(damage.length).toBe(1);
  });

  it('notes the topics that a consumer has, and keeps the last ones when it is gone', () => {
    const topicsOf = (...requests: QueueRequest[]) => open(requests).queues.map(({ topics }) => topics);
    const a = { name: 'a', startFrom: 'new' } as const;
    expect(topicsOf({ ...a, topics: ['x.>'] })).toEqual([['x.>']]);
    expect(topicsOf({ ...a, topics: ['x.>', 'y'] })).toEqual([['x.>', 'y']]);
    const added = open([a]).queues[0]?.added;
    expect(topicsOf()).toEqual([['x.>', 'y']]);
    expect(open([]).queues[0]?.added).toBe(added);
  });

  it('writes nothing to a queue whose topics are as they were', () => {
    const request: QueueRequest = { name: 'a', startFrom: 'new', topics: ['x.>'] };
    open([request]);
    const written: string[] = [];
    files.hook = ({ kind, path }) => {
      if (kind === 'create' || kind === 'rename') written.push(path);
      return undefined;
    };
    open([{ ...request, topics: ['x.>'] }]);
    expect(written).toEqual([]);
  });

  it('keeps through a loss of power that a queue is paused, and that it no longer is', () => {
    const pausedOf = () => open(asked('a')).queues[0]?.paused;
    const [queue] = open(asked('a')).queues;
    if (queue === undefined) throw new Error('no queue');
    const registry = new QueueRegistry(files, '/data');
    expect(pausedOf()).toBeUndefined();
    registry.notePaused(queue, { since: '2026-01-12T10:00:00.000Z', reason: 'deploy' });
    files.losePower();
    expect(pausedOf()).toEqual({ since: '2026-01-12T10:00:00.000Z', reason: 'deploy' });
    registry.notePaused(queue, undefined);
    files.losePower();
    expect(pausedOf()).toBeUndefined();
  });

  it('notes the order key that a consumer has, and from where on index entries carry its hash', () => {
    const registry = new QueueRegistry(files, '/data');
    const opened = (...requests: QueueRequest[]) => {
      const [queue] = registry.open(requests, 1).queues;
      return queue as Queue;
    };
    const keysOf = ({ orderKey, keyedFrom }: Queue) => [orderKey, keyedFrom];
    const request = { name: 'a', startFrom: 'new' } as const;
    const customer: OrderKey = { header: 'customer' };
    const other: OrderKey = { topicToken: -1 };
    expect(keysOf(opened({ ...request, orderKey: customer }))).toEqual([customer, 0]);
    expect(keysOf(opened({ ...request, orderKey: { ...customer } }))).toEqual([customer, 0]);
    // Its consumer is gone, and comes back.
    expect(keysOf(opened())).toEqual([customer, 0]);
    // Another key: no hash counts until it is known from where on, also when the hub is killed before that.
    expect(keysOf(opened({ ...request, orderKey: other }))).toEqual([other, undefined]);
    expect(keysOf(opened({ ...request, orderKey: other }))).toEqual([other, undefined]);
    expect(keysOf(registry.keyed(opened({ ...request, orderKey: other }), 500))).toEqual([other, 500]);
    expect(keysOf(opened({ ...request, orderKey: other }))).toEqual([other, 500]);
    // What was enqueued in between has no hash.
    expect(keysOf(opened(request))).toEqual([undefined, undefined]);
    expect(keysOf(opened({ ...request, orderKey: other }))).toEqual([other, undefined]);
  });

  it('looks over what is no queue’s folder', () => {
    files.makeDirectory('/data/queues/lost+found');
    files.makeDirectory('/data/queues/x-1');
    expect(namesOf(open(asked('a')))).toEqual(['1-a']);
  });
});
