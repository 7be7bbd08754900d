// The source of one zeromq(): a receiver for each endpoint, started and stopped together.
import { Service, type SourceContext } from '@penstock/hub/source';
import { isExposed } from './endpoint.js';
import { openSocket } from './open-socket.js';
import type { SocketPlan } from './options.js';
import { RateLimitedLog } from './rate-limited-log.js';
import { type Open, Receiver } from './receiver.js';
import { TopicCache } from './topic-cache.js';
import { Turn } from './turn.js';

const REJECT_LOG_INTERVAL_MS = 10_000;
const CONNECTION_LOG_INTERVAL_MS = 60_000;

export class ZeromqSource extends Service {
  readonly #plans: readonly SocketPlan[];
  readonly #context: SourceContext;
  readonly #rejects: RateLimitedLog;
  #receivers: Receiver[] = [];

  constructor(plans: readonly SocketPlan[], context: SourceContext) {
    super();
    this.#plans = plans;
    this.#context = context;
    this.#rejects = this.#limitedLog('warn', REJECT_LOG_INTERVAL_MS);
  }

  protected override async onStart(): Promise<void> {
    const parts = { context: this.#context, topics: new TopicCache(), rejects: this.#rejects, turn: new Turn() };
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
    return (givenUp) => openSocket(plan, name, { log, notices, trouble, givenUp });
  }

  #warnWhereExposed({ how, endpoint, where }: SocketPlan): void {
    if (how !== 'bind' || !isExposed(endpoint)) return;
    this.#context.log.warn(
      `${endpoint} is open to other machines, without encryption or authentication: whoever reaches it can publish ` +
        'and can use up memory; bind 127.0.0.1 or ipc://, or let only trusted machines in',
      { socket: where },
    );
  }

  #limitedLog(level: 'info' | 'warn', intervalMs: number): RateLimitedLog {
    const { log } = this.#context;
    return new RateLimitedLog((text, fields, count) => {
      log[level](count === 1 ? text : `${text} (${count} times since the last such line)`, { ...fields, count });
    }, intervalMs);
  }
}
