// The source of one zeromq(): a receiver for each endpoint, started and stopped together.
import { Service, type SourceContext } from '@penstock/hub/source';
import { Admission } from './curve/admission.js';
import { exposure } from './curve/exposure.js';
import { openSocket } from './open-socket.js';
import type { SocketPlan } from './options.js';
import { RateLimitedLog } from './rate-limited-log.js';
import { type Open, Receiver } from './receiver.js';
import { type SequenceGap, SequenceGaps } from './sequence-gaps.js';
import { TopicCache } from './topic-cache.js';
import { Turn } from './turn.js';

const INTAKE_LOG_INTERVAL_MS = 10_000;
const CONNECTION_LOG_INTERVAL_MS = 60_000;

export class ZeromqSource extends Service {
  readonly #plans: readonly SocketPlan[];
  readonly #context: SourceContext;
  readonly #rejects: RateLimitedLog;
  readonly #gaps: SequenceGaps;
  #receivers: Receiver[] = [];

  constructor(plans: readonly SocketPlan[], context: SourceContext) {
    super();
    this.#plans = plans;
    this.#context = context;
    this.#rejects = this.#limitedLog('warn', INTAKE_LOG_INTERVAL_MS);
    // Of the whole source: a stream may go on over another endpoint.
    this.#gaps = new SequenceGaps((gap) => this.#noteGap(gap));
  }

  protected override async onStart(): Promise<void> {
    const parts = {
      context: this.#context,
      topics: new TopicCache(),
      rejects: this.#rejects,
      gaps: this.#gaps,
      turn: new Turn(),
    };
    for (const plan of this.#plans) {
      const receiver = new Receiver(plan, parts, this.#opener(plan));
      this.#receivers.push(receiver);
      await receiver.open();
      this.#warnWhereExposed(plan);
    }
    for (const receiver of this.#receivers) receiver.run();
  }

  protected override async onStop(): Promise<void> {
    const receivers = this.#receivers;
    this.#receivers = [];
    await Promise.all(receivers.map((receiver) => receiver.close()));
    this.#rejects.flush();
  }

  #opener(plan: SocketPlan): Open {
    const { name, log } = this.#context;
    // Of its own for each socket, so that one endpoint's trouble does not hide another's.
    const notices = this.#limitedLog('info', CONNECTION_LOG_INTERVAL_MS);
    const trouble = this.#limitedLog('warn', CONNECTION_LOG_INTERVAL_MS);
    const admission = new Admission(plan, log, (reason) => this.#context.refused(reason));
    return (givenUp) => openSocket(plan, name, { log, notices, trouble, admission, givenUp });
  }

  #warnWhereExposed({ how, endpoint, where, settings }: SocketPlan): void {
    if (how !== 'bind') return;
    const warning = exposure(endpoint, settings.curve, 'can publish and can use up memory');
    if (warning !== undefined) this.#context.log.warn(warning, { socket: where });
  }

  #noteGap({ publisher, first, last }: SequenceGap): void {
    const count = last - first + 1;
    this.#context.missed(count);
    const range = count === 1 ? `number ${first}` : `numbers ${first} to ${last}`;
    this.#rejects.note('gap', `missed of publisher ${JSON.stringify(publisher)}: ${range}`, { publisher, first, last });
  }

  #limitedLog(level: 'info' | 'warn', intervalMs: number): RateLimitedLog {
    const { log } = this.#context;
    return new RateLimitedLog((text, fields, count) => {
      log[level](count === 1 ? text : `${text} (${count} times since the last such line)`, { ...fields, count });
    }, intervalMs);
  }
}
