// Pausing and resuming by name: all that are named or none, said once, and never by a hub that stops.
import { beforeEach, describe, expect, it } from 'vitest';
import { ConsumerControl, haltConsumer } from './consumer-control.js';
import { HubEmitter } from './hub-emitter.js';
import type { LifecycleState } from './lifecycle.js';
import { DeliveryGate } from './queue/delivery-gate.js';
import { newQueue } from './queue/queue-shape.fixture.js';

let state: LifecycleState;
let said: string[];
let events: HubEmitter;
let emitted: unknown[];
beforeEach(() => {
  state = 'running';
  said = [];
  emitted = [];
  events = new HubEmitter(log);
  for (const name of ['consumer:paused', 'consumer:resumed', 'consumer:halted'] as const) {
    events.on(name, (event: unknown) => emitted.push([name, event]));
  }
});

const say = (line: string) => said.push(line);
const log = { debug: say, info: say, warn: say, error: say } as never as ConstructorParameters<typeof HubEmitter>[0];

function queueOf(name: string, { inConfig = true, since = undefined as string | undefined } = {}) {
  const queue = newQueue({ threads: 1 });
  queue.enqueued.set(3);
  const gate = new DeliveryGate(queue, since === undefined ? undefined : { since }, () => {});
  return { name, spec: inConfig ? {} : undefined, queue, gate };
}

function controlOf(...queues: ReturnType<typeof queueOf>[]): ConsumerControl {
  return new ConsumerControl({ queues: () => queues, events, log, state: () => state });
}

describe('consumers', () => {
  it('are paused and resumed by name, each told once', () => {
    const [a, b] = [queueOf('a'), queueOf('b')];
    const control = controlOf(a, b);
    const [paused] = control.pause(['a', 'a'], 'deploy');
    expect(paused).toMatchObject({ consumer: 'a', already: false, reason: 'deploy', backlog: 3 });
    expect(control.pause(['a', 'b'], undefined)).toMatchObject([
      { consumer: 'a', already: true, since: paused?.since, reason: 'deploy' },
      { consumer: 'b', already: false, reason: undefined },
    ]);
    expect([a.queue.paused, b.queue.paused]).toEqual([true, true]);
    expect(control.resume(['a'])).toEqual([
      { consumer: 'a', was: 'paused', reason: 'deploy', backlog: 3, unkept: undefined },
    ]);
    expect(control.resume(['a'])).toEqual([
      { consumer: 'a', was: undefined, reason: undefined, backlog: 3, unkept: undefined },
    ]);
    expect(said).toEqual([
      'consumer "a" is paused (deploy), with 3 messages in its queue',
      'consumer "b" is paused, with 3 messages in its queue',
      'consumer "a" goes on; it was paused (deploy), with 3 messages in its queue',
    ]);
    expect(emitted).toMatchObject([
      ['consumer:paused', { consumer: 'a', reason: 'deploy' }],
      ['consumer:paused', { consumer: 'b' }],
      ['consumer:resumed', { consumer: 'a' }],
    ]);
  });

  it('are all left as they are when one of them is unknown, with the names that there are', () => {
    const a = queueOf('a');
    const control = controlOf(a, queueOf('gone', { inConfig: false }));
    expect(() => control.pause(['a', 'gone'], undefined)).toThrow(
      expect.objectContaining({ code: 'CONSUMER_NOT_FOUND', message: 'the hub has no consumer "gone"; there are: a' }),
    );
    expect(a.queue.paused).toBe(false);
    expect(() => controlOf().resume(['a'])).toThrow('it has none');
  });

  it('are not paused by a hub that stops: nobody would know whether it was kept', () => {
    state = 'stopping';
    expect(() => controlOf(queueOf('a')).pause(['a'], undefined)).toThrow(
      expect.objectContaining({ code: 'HUB_NOT_RUNNING', message: 'a cannot be paused: the hub is stopping' }),
    );
  });

  it('that were paused before the start are told of', () => {
    controlOf(
      queueOf('a', { since: 'then' }),
      queueOf('b'),
      queueOf('old', { inConfig: false, since: 'then' }),
    ).tellOfPaused();
    expect(said).toEqual(['consumer "a" is paused since then: 3 messages in its queue; "hub resume a" lets it go on']);
  });

  it('that halt are held until they are resumed, and their reason is cut to a length', () => {
    const a = queueOf('a');
    haltConsumer(a, { reason: 'x'.repeat(2_000), exitCode: 7 }, { events, log });
    expect(a.queue.paused).toBe(true);
    // Another delivery was in flight beside it.
    haltConsumer(a, { reason: 'y', exitCode: undefined }, { events, log });
    const reason = `${'x'.repeat(999)}…`;
    expect(emitted).toEqual([['consumer:halted', { consumer: 'a', reason, exitCode: 7 }]]);
    expect(controlOf(a).resume(['a'])).toEqual([{ consumer: 'a', was: 'halted', reason, backlog: 3 }]);
    expect(a.queue.paused).toBe(false);
  });
});
