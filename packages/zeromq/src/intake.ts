// What becomes of the messages of one socket: each is handed to the hub, or counted and logged by reason.
import { PenstockError, type SourceContext, type SourceIntake } from '@penstock/hub/source';
import { type DecodedMessage, decodeFrames, REJECT_REASONS, type RejectReason } from './frames.js';
import type { SocketPlan } from './options.js';
import type { RateLimitedLog } from './rate-limited-log.js';
import type { SequenceGaps } from './sequence-gaps.js';
import type { TopicCache } from './topic-cache.js';
import type { Turn } from './turn.js';

/** What all sockets of a source share. */
export interface IntakeParts {
  readonly context: SourceContext;
  readonly topics: TopicCache;
  readonly rejects: RateLimitedLog;
  readonly gaps: SequenceGaps;
  readonly turn: Turn;
}

export class Intake {
  protected readonly plan: SocketPlan;
  protected readonly parts: IntakeParts;

  constructor(plan: SocketPlan, parts: IntakeParts) {
    this.plan = plan;
    this.parts = parts;
  }

  /** Where messages go, and whether it takes any. */
  get into(): SourceIntake {
    return this.parts.context;
  }

  /**
   * Takes what one `receive()` gave.
   *
   * @throws JOURNAL_FAILED, HUB_NOT_RUNNING when the hub takes nothing any more, and nothing else.
   */
  take(frames: readonly Buffer[]): void {
    const { topics } = this.parts;
    this.enter(decodeFrames(frames, topics, this.plan.settings.maxMessageBytes));
  }

  /** Resolves when whoever sent what was taken has been told what is to be told; here nobody is. */
  async end(): Promise<void> {}

  /** Counts a message that was not taken. */
  reject(reason: RejectReason, error?: unknown): void {
    this.parts.context.reject(reason);
    const because = error instanceof Error ? `: ${error.message}` : '';
    const fields = { reason, socket: this.plan.where, endpoint: this.plan.endpoint };
    this.parts.rejects.note(reason, `rejected: ${REJECT_REASONS[reason]}${because}`, fields);
  }

  /**
   * Hands a message to the hub.
   *
   * @returns Its position, or why it was rejected.
   * @throws JOURNAL_FAILED, HUB_NOT_RUNNING.
   */
  protected enter(message: DecodedMessage | RejectReason): number | RejectReason {
    const { gaps, turn } = this.parts;
    if (typeof message === 'string') {
      turn.spend(0);
      this.reject(message);
      return message;
    }
    const { topic, headers, body } = message;
    turn.spend(body.length);
    if (headers !== undefined && this.plan.countGaps) gaps.note(headers);
    try {
      return this.into.accept(topic, body, headers);
    } catch (error) {
      if (isHubGone(error)) throw error;
      const reason = refusal(error);
      this.reject(reason, error);
      return reason;
    }
  }
}

/** Whether the hub takes nothing any more, for good. */
export function isHubGone(error: unknown): error is PenstockError & { code: 'JOURNAL_FAILED' | 'HUB_NOT_RUNNING' } {
  return error instanceof PenstockError && (error.code === 'JOURNAL_FAILED' || error.code === 'HUB_NOT_RUNNING');
}

/** The reason under which a message counts that the hub refused. */
function refusal(error: unknown): RejectReason {
  switch (error instanceof PenstockError ? error.code : undefined) {
    case 'TOPIC_INVALID':
      return 'topic';
    case 'HEADERS_INVALID':
    case 'HEADERS_TOO_LARGE':
      return 'headers';
    case 'MESSAGE_TOO_LARGE':
      return 'size';
    case 'QUEUE_FULL':
      return 'queue-full';
    case 'DISK_LIMIT':
      return 'disk-limit';
    default:
      return 'error';
  }
}
