// What holds a running hub's consumers back on purpose, and lets them go on: its program or the control socket by
// pausing, a consumer by halting itself.
import type {
  ConsumerControl as ConsumerRouteControl,
  PausedConsumer,
  ResumedConsumer,
} from './admin/consumer-routes.js';
import { countedMessages } from './admin/queues/queue-errors.js';
import type { Logger } from './consumer-context.js';
import { PenstockError } from './errors.js';
import type { HubEmitter } from './hub-emitter.js';
import type { LifecycleState } from './lifecycle.js';
import type { DeliveryGate } from './queue/delivery-gate.js';
import type { QueueShared } from './queue/shared.js';

/** A reason is kept and shown up to so many characters. */
const MOST_REASON_LENGTH = 1_000;

/** A queue, as far as it can be paused: one with a consumer in the config. */
export interface ControlledQueue {
  readonly name: string;
  readonly spec: object | undefined;
  readonly queue: QueueShared;
  readonly gate: DeliveryGate;
}

export interface ConsumerControlOptions {
  readonly queues: () => readonly ControlledQueue[];
  readonly events: HubEmitter;
  readonly log: Logger;
  readonly state: () => LifecycleState;
}

export class ConsumerControl implements ConsumerRouteControl {
  readonly #options: ConsumerControlOptions;

  constructor(options: ConsumerControlOptions) {
    this.#options = options;
  }

  /** Says which consumers are paused from an earlier run: nobody else would know why their queues fill. */
  tellOfPaused(): void {
    for (const { name, spec, gate, queue } of this.#options.queues()) {
      if (spec === undefined || gate.paused === undefined) continue;
      const { since, reason } = gate.paused;
      this.#options.log.warn(
        `consumer "${name}" is paused since ${since}${because(reason)}: ${countedMessages(queue.backlog())} in its queue; "hub resume ${name}" lets it go on`,
      );
    }
  }

  /** @throws CONSUMER_NOT_FOUND, HUB_NOT_RUNNING, DATA_DIR_UNUSABLE */
  pause(consumers: readonly string[], reason: string | undefined): PausedConsumer[] {
    const { events, log } = this.#options;
    return this.#find(consumers, 'paused').map(({ name, gate, queue }) => {
      const already = gate.paused !== undefined;
      const paused = gate.pause(new Date().toISOString(), reason === undefined ? undefined : cutReason(reason));
      const backlog = queue.backlog();
      if (!already) {
        log.info(
          `consumer "${name}" is paused${because(paused.reason)}, with ${countedMessages(backlog)} in its queue`,
        );
        events.emit('consumer:paused', { consumer: name, since: paused.since, reason: paused.reason });
      }
      return { consumer: name, already, since: paused.since, reason: paused.reason, backlog };
    });
  }

  /** @throws as {@link pause} */
  resume(consumers: readonly string[]): ResumedConsumer[] {
    const { events, log } = this.#options;
    return this.#find(consumers, 'resumed').map(({ name, gate, queue }) => {
      const was = gate.closedBy;
      const reason = was === undefined ? undefined : gate[was]?.reason;
      const backlog = queue.backlog();
      const unkept = gate.resume();
      if (was !== undefined) {
        log.info(
          `consumer "${name}" goes on; it ${was === 'halted' ? 'had halted' : 'was paused'}${because(reason)}, with ${countedMessages(backlog)} in its queue`,
        );
        events.emit('consumer:resumed', { consumer: name });
      }
      if (unkept !== undefined) {
        log.warn(`consumer "${name}" is paused again after a restart, since that cannot be written: ${unkept.message}`);
      }
      return { consumer: name, was, reason, backlog, unkept: unkept?.message };
    });
  }

  /** All of them, each once. */
  #find(consumers: readonly string[], what: string): ControlledQueue[] {
    const { queues, state } = this.#options;
    if (state() !== 'running' && state() !== 'starting') {
      throw new PenstockError('HUB_NOT_RUNNING', `${consumers.join(', ')} cannot be ${what}: the hub is ${state()}`);
    }
    const known = queues().filter(({ spec }) => spec !== undefined);
    const unknown = consumers.filter((consumer) => !known.some(({ name }) => name === consumer));
    if (unknown.length > 0) throw consumerNotFound(unknown, known);
    return known.filter(({ name }) => consumers.includes(name));
  }
}

/** Stops a consumer at its own wish: a later start of the hub tries again, and so does a resume. */
export function haltConsumer(
  { name, gate }: ControlledQueue,
  halt: { readonly reason: string; readonly exitCode: number | undefined },
  { events, log }: Pick<ConsumerControlOptions, 'events' | 'log'>,
): void {
  const reason = cutReason(halt.reason);
  // What else was in flight may have come across the same.
  const isKnown = gate.halted !== undefined;
  gate.halt(reason);
  if (isKnown && halt.exitCode === undefined) return;
  log.error(`consumer "${name}" has halted${because(reason)}; its queue fills, and "hub resume ${name}" lets it go on`);
  events.emit('consumer:halted', { consumer: name, reason, exitCode: halt.exitCode });
}

/** That none of the queues of the hub's consumers has these names. */
export function consumerNotFound(
  unknown: readonly string[],
  known: readonly Pick<ControlledQueue, 'name'>[],
): PenstockError {
  const names = unknown.map((name) => `"${name}"`).join(', ');
  const there = known.length === 0 ? 'it has none' : `there are: ${known.map(({ name }) => name).join(', ')}`;
  return new PenstockError('CONSUMER_NOT_FOUND', `the hub has no consumer ${names}; ${there}`);
}

const because = (reason: string | undefined): string => (reason === undefined || reason === '' ? '' : ` (${reason})`);

const cutReason = (reason: string): string =>
  reason.length <= MOST_REASON_LENGTH ? reason : `${reason.slice(0, MOST_REASON_LENGTH - 1)}…`;
