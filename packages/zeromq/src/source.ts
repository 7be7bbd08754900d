// The source of one zeromq(): a receiver for each endpoint, started and stopped together.
import { Service, type SourceContext } from '@penstock/hub/source';
import { isExposed } from './endpoint.js';
import { openSocket } from './open-socket.js';
import type { SocketPlan } from './options.js';
import { RateLimitedLog, type WriteLine } from './rate-limited-log.js';
import { Receiver, type ReceiverParts } from './receiver.js';
import { TopicCache } from './topic-cache.js';
import { Turn } from './turn.js';

const REJECT_LOG_INTERVAL_MS = 10_000;
const TROUBLE_LOG_INTERVAL_MS = 60_000;

export class ZeromqSource extends Service {
  readonly #plans: readonly SocketPlan[];
  readonly #context: SourceContext;
  readonly #rejects: RateLimitedLog;
  #receivers: Receiver[] = [];

  constructor(plans: readonly SocketPlan[], context: SourceContext) {
    super();
    this.#plans = plans;
    this.#context = context;
    this.#rejects = new RateLimitedLog(this.#warn, REJECT_LOG_INTERVAL_MS);
  }

  protected override async onStart(): Promise<void> {
    const { log } = this.#context;
    const parts = this.#parts();
    for (const plan of this.#plans) {
      const receiver = new Receiver(plan, parts);
      this.#receivers.push(receiver);
      await receiver.open();
      if (plan.how === 'bind' && isExposed(plan.endpoint)) {
        log.warn(
          `${plan.endpoint} is open to other machines, without encryption or authentication: ` +
            'whoever reaches it can publish and can use up memory; bind 127.0.0.1 or ipc://, or let only trusted machines in',
          { socket: plan.where },
        );
      }
    }
    for (const receiver of this.#receivers) receiver.run();
  }

  protected override async onStop(): Promise<void> {
    const receivers = this.#receivers;
    this.#receivers = [];
    await Promise.all(receivers.map((receiver) => receiver.close()));
    this.#rejects.flush();
  }

  #parts(): ReceiverParts {
    const { name, log } = this.#context;
    return {
      context: this.#context,
      topics: new TopicCache(),
      rejects: this.#rejects,
      turn: new Turn(),
      open: (plan, givenUp) => {
        // Of its own for each socket, so that one endpoint's trouble does not hide another's.
        const trouble = new RateLimitedLog(this.#warn, TROUBLE_LOG_INTERVAL_MS);
        return openSocket(plan, name, { log, trouble, givenUp });
      },
    };
  }

  readonly #warn: WriteLine = (text, fields, count) => {
    this.#context.log.warn(count === 1 ? text : `${text} (${count} times since the last such line)`, {
      ...fields,
      count,
    });
  };
}
