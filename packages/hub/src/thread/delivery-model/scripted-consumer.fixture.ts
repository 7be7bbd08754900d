// The consumers of a sequence: they do with each delivery what the script says, and tell the model of it.
import { setImmediate as turn } from 'node:timers/promises';
import type { BatchConsumer, Consumer } from '../../consumer.js';
import type { BatchContext, DeliveryContext } from '../../consumer-context.js';
import type { Message } from '../../message.js';
import { DeadLetter, Drop, Halt, RetryAfter } from '../../outcomes.js';
import type { DeliveryLane } from './delivery-lane.fixture.js';
import type { DeliveryQueue } from './delivery-queue.fixture.js';
import type { DeliveryRules } from './delivery-rules.fixture.js';
import { BLOCKED_MS, type Outcome, type Script, type Step } from './delivery-script.fixture.js';
import type { ModelEntry } from './naive-model.fixture.js';
import type { VirtualTime } from './virtual-time.fixture.js';

export interface ScriptedConsumerParts {
  readonly script: Script;
  readonly rules: DeliveryRules;
  readonly time: VirtualTime;
  /** Resolves when the run says that a delivery is to end. */
  readonly held: () => Promise<void>;
  /** Whether the process is gone. */
  readonly isGone: () => boolean;
  /** Ends a lane where it stands. */
  readonly kill: (lane: DeliveryLane) => void;
  /** A consumer publishes this. */
  readonly sends: (message: { topic: string; body: string; id: string }) => void;
  /** Does something, and takes note of it when the model does not agree. */
  readonly checked: <Result>(work: () => Result) => Result;
}

const NEVER = new Promise<never>(() => {});

/** A delivery that a timeout, a stop or the end of its thread has not ended yet. */
interface Delivery {
  readonly entry: ModelEntry;
  readonly message: Message;
  readonly step: Step;
  isOver: boolean;
}

type Context = DeliveryContext | BatchContext;

export class ScriptedConsumer {
  readonly #parts: ScriptedConsumerParts;
  readonly #queue: DeliveryQueue;
  readonly #lane: DeliveryLane;

  constructor(parts: ScriptedConsumerParts, queue: DeliveryQueue, lane: DeliveryLane) {
    this.#parts = parts;
    this.#queue = queue;
    this.#lane = lane;
  }

  /** As the lane takes it. */
  get instance(): Consumer | BatchConsumer {
    const consume = (message: Message, context: DeliveryContext) => this.#deliver([message], context);
    const consumeBatch = (messages: readonly Message[], context: BatchContext) => this.#deliver(messages, context);
    return (this.#queue.consumer.batch ? { consumeBatch } : { consume }) as unknown as Consumer | BatchConsumer;
  }

  get #isGone(): boolean {
    return !this.#lane.isAlive || this.#parts.isGone();
  }

  #deliver(messages: readonly Message[], context: Context): Promise<void> | undefined {
    const { timeoutMs } = this.#queue.consumer.settings;
    const result = this.#begun(messages, context);
    // The next timer is the one for this delivery; it ends with its thread.
    if (result !== undefined && timeoutMs !== undefined) this.#parts.time.nextOwner = this.#lane;
    return result;
  }

  #begun(messages: readonly Message[], context: Context): Promise<void> | undefined {
    // What goes on in a process that is gone, or a thread, is nobody's.
    if (this.#isGone) return NEVER;
    const deliveries = this.#parts.checked(() => this.#begin(messages));
    const of = (wanted: Outcome['do']) => deliveries.find(({ step }) => step.outcome.do === wanted);
    if (of('kill thread') !== undefined) {
      this.#parts.kill(this.#lane);
      return NEVER;
    }
    if ('ack' in context) for (const delivery of deliveries) this.#settleAlone(delivery, context);
    const when = deliveries[0]?.step.when ?? 'now';
    const hangs = of('hang') !== undefined && this.#queue.consumer.settings.timeoutMs !== undefined;
    if (hangs || when === 'soon' || when === 'held') return this.#later(deliveries, context, !hangs && when === 'soon');
    if (when === 'block') this.#parts.time.block(BLOCKED_MS);
    this.#conclude(deliveries, context);
    return undefined;
  }

  #begin(messages: readonly Message[]): Delivery[] {
    const { rules, script } = this.#parts;
    const entries = rules.begin(this.#queue, this.#lane, this.#lane.take(messages.length), messages);
    return entries.map((entry, index) => {
      const { topic, body } = entry.message;
      const step = script.step(this.#queue.name, topic, body, entry.deliveries - 1);
      return { entry, message: messages[index] as Message, step, isOver: false };
    });
  }

  async #later(deliveries: readonly Delivery[], context: Context, soon: boolean): Promise<void> {
    const { rules, held } = this.#parts;
    const { signal } = context;
    const lane = this.#lane;
    lane.underWay++;
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    signal.addEventListener('abort', () => {
      if (this.#isGone) return;
      if (!lane.context.aborted) lane.underWay--;
      for (const delivery of open(deliveries)) {
        delivery.isOver = true;
        if (this.#lane.context.aborted) rules.left(delivery.entry);
        else rules.failed(this.#queue.consumer.settings, delivery.entry);
      }
    });
    await Promise.race([soon ? turn() : held(), aborted.then(() => (this.#lane.context.aborted ? undefined : NEVER))]);
    if (this.#isGone) await NEVER;
    // One that has taken too long is under way no more: this comes too late.
    if (lane.context.aborted || !signal.aborted) lane.underWay--;
    if (this.#lane.context.aborted && open(deliveries).length === 0) throw new Error('the time to drain is over');
    this.#conclude(deliveries, context);
  }

  /** What of a batch is settled by itself. */
  #settleAlone(delivery: Delivery, context: BatchContext): void {
    const { rules } = this.#parts;
    const { entry, message, step } = delivery;
    delivery.isOver = true;
    switch (step.outcome.do) {
      case 'drop':
        rules.ended(entry, 'dropped');
        context.drop(message, 'said so');
        break;
      case 'dead-letter':
        rules.ended(entry, 'dead');
        context.deadLetter(message, 'said so');
        break;
      case 'retry-after':
        rules.failed(this.#queue.consumer.settings, entry, step.outcome.delayMs);
        context.retry(message, undefined, step.outcome.delayMs);
        break;
      case 'publish':
        this.#publish(entry, message, (topic, body) => context.publish(message, topic, body));
        context.ack(message);
        break;
      default:
        delivery.isOver = false;
    }
  }

  /** Ends what has not ended: as the first of them says that says anything but yes. */
  #conclude(deliveries: readonly Delivery[], context: Context): void {
    const { rules } = this.#parts;
    const rest = open(deliveries);
    const entries = rest.map(({ entry }) => entry);
    for (const delivery of rest) delivery.isOver = true;
    const said = rest.find(({ step }) => step.outcome.do !== 'ack');
    const outcome = said?.step.outcome ?? { do: 'ack' };
    const fail = (delayMs?: number) => {
      for (const entry of entries) rules.failed(this.#queue.consumer.settings, entry, delayMs);
    };
    switch (outcome.do) {
      case 'ack':
        for (const entry of entries) rules.acknowledged(entry, false);
        break;
      case 'publish':
        for (const { entry, message } of rest) {
          this.#publish(entry, message, (topic, body) => (context as DeliveryContext).publish(topic, body));
        }
        break;
      case 'drop':
        for (const entry of entries) rules.ended(entry, 'dropped');
        throw new Drop('said so');
      case 'dead-letter':
        for (const entry of entries) rules.ended(entry, 'dead');
        throw new DeadLetter('said so');
      case 'retry-after':
        fail(outcome.delayMs);
        throw new RetryAfter(outcome.delayMs);
      case 'halt':
        rules.halted(this.#queue, entries);
        throw new Halt('said so');
      default:
        fail();
        throw new Error('said so');
    }
  }

  #publish(entry: ModelEntry, message: Message, publish: (topic: string, body: string) => Promise<void>): void {
    const { rules, sends } = this.#parts;
    const topic = `d.${this.#queue.name}`;
    const body = `of ${entry.message.body}`;
    sends({ topic, body, id: `${message.id}/${this.#queue.name}/0` });
    void publish(topic, body).then(() => {
      // Of a delivery whose thread is gone it says nothing: the entry is delivered again.
      if (!this.#isGone) rules.committed(entry);
    });
    rules.acknowledged(entry, true);
  }
}

const open = (deliveries: readonly Delivery[]): Delivery[] => deliveries.filter(({ isOver }) => !isOver);
