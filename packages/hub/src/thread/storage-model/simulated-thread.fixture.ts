// A consumer's thread without the thread: claims, reads and settles as the consume loop does, one step at a time,
// so that a test can put anything between two steps.
import { DeadLetterWriter } from '../../dead-letters/dead-letter-file.js';
import type { Files } from '../../files/files.js';
import { settledBelowCursor } from '../../queue/held.js';
import type { Interval } from '../../queue/interval-set.js';
import type { QueueShared, ThreadShared } from '../../queue/shared.js';
import { knownSettled } from '../../settlement/known-settled.js';
import { SettleLog } from '../../settlement/settle-log.js';
import { type PendingRetry, SettleKind, SettleReason } from '../../settlement/settle-record.js';
import { replaceEarlierLogs, settleLogName } from '../../settlement/settled-state.js';
import { Claims } from '../worker/claims.js';
import { DeliveredMessage } from '../worker/delivered-message.js';
import { EntryReader } from '../worker/entry-reader.js';
import { ThreadFiles } from './thread-files.fixture.js';

export interface Delivery {
  readonly ordinal: number;
  readonly position: number;
  readonly length: number;
  readonly topic: string;
  readonly body: string;
  /** Its record in the journal. */
  readonly record: Uint8Array;
}

/** When all that is written down happened: it is no matter here. */
const SOMETIME_MS = 1_764_000_000_000;

export interface SimulatedThreadOptions {
  readonly files: Files;
  readonly journalDirectory: string;
  readonly queueDirectory: string;
  readonly queueNumber: number;
  readonly queue: QueueShared;
  readonly index: number;
  readonly incarnation: number;
  readonly returned: readonly Interval[];
  /** What is known of entries that had failed before. */
  readonly retries: readonly PendingRetry[];
  readonly alreadySettled: readonly Interval[];
  readonly freshFrom: number;
}

export class SimulatedThread {
  readonly shared: ThreadShared;
  readonly settledAtStart: number;
  readonly settledBytesAtStart: number;
  /** Delivered beside the run, and not settled. */
  readonly inFlight: Delivery[] = [];
  /** Called once, when the thread has told of its next claim and has not made it. */
  meanwhile: (() => void) | undefined;
  readonly #files: ThreadFiles;
  readonly #queue: QueueShared;
  readonly #claims: Claims;
  /** By ordinal, of what is in flight. */
  readonly #slots = new Map<number, number>();
  readonly #entries: EntryReader;
  readonly #log: SettleLog;
  readonly #letters: DeadLetterWriter;
  /** By ordinal, what the log has to go on saying. */
  readonly #retries: Map<number, PendingRetry>;

  constructor(options: SimulatedThreadOptions) {
    const { queueDirectory, queueNumber, queue, index, incarnation } = options;
    const files = new ThreadFiles(options.files);
    this.#files = files;
    this.shared = queue.threads[index] as ThreadShared;
    this.settledAtStart = this.shared.settled.get();
    this.settledBytesAtStart = this.shared.settledBytes.get();
    this.#queue = queue;
    this.#claims = new Claims(this.#interruptible(queue), this.shared, options.returned, options.alreadySettled);
    this.#entries = new EntryReader(files, options.journalDirectory, queueDirectory, options.freshFrom);
    const name = settleLogName(index, incarnation);
    const directory = `${queueDirectory}/settled`;
    this.#log = new SettleLog({ files, directory, name, queueNumber });
    replaceEarlierLogs(files, directory, this.#log, name, settledBelowCursor(queue) ?? []);
    this.#letters = new DeadLetterWriter({
      files,
      directory: queueDirectory,
      writer: `t${index}`,
      incarnation,
      queueNumber,
    });
    this.#retries = new Map(options.retries.map((retry) => [retry.ordinal, retry]));
  }

  /**
   * Delivers the next entry: settles it as well, or leaves it in flight.
   *
   * @param most Entries to claim at most, when none are left of what was claimed; all must be flushed then.
   * @throws when the entry cannot be read.
   */
  deliver(most: number, settle: boolean): Delivery | undefined {
    const claims = this.#claims;
    if (!claims.claim(most)) return undefined;
    const ordinal = claims.next;
    const problem = this.#entries.read(ordinal, claims.left);
    if (problem !== undefined) throw new Error(`entry ${ordinal} cannot be delivered: ${problem}`);
    const { slab, at, length } = this.#entries;
    const message = new DeliveredMessage('hub', slab.bytes, slab.view, at, 1);
    const { position, topic } = message;
    const record = slab.bytes.slice(at, at + length);
    const delivery = { ordinal, position, length, topic, body: message.text(), record };
    if (settle) {
      this.#log.add(SettleKind.ACKNOWLEDGED, ordinal, length);
      this.#retries.delete(ordinal);
      claims.advance();
    } else {
      this.#slots.set(ordinal, claims.detach());
      this.inFlight.push(delivery);
    }
    return delivery;
  }

  /** Whether the next delivery begins with a claim. */
  get exhausted(): boolean {
    return this.#claims.left === 0;
  }

  /** Settles one of those in flight, whichever it is. */
  settle(which: number): Delivery | undefined {
    const [delivery] = this.inFlight.splice(which, 1);
    if (delivery === undefined) return undefined;
    this.#log.add(SettleKind.ACKNOWLEDGED, delivery.ordinal, delivery.length);
    this.#letGo(delivery);
    return delivery;
  }

  /** One of those in flight has failed; it stays in flight, as if it were delivered again. */
  fail(which: number, attempt: number): Delivery | undefined {
    const delivery = this.inFlight[which];
    if (delivery === undefined) return undefined;
    const { ordinal } = delivery;
    const retry = { ordinal, attempt, crashes: 0, delayMs: 0, failedAt: SOMETIME_MS, firstAt: SOMETIME_MS };
    this.#retries.set(ordinal, retry);
    this.#log.retry(retry);
    return delivery;
  }

  /** Keeps one of those in flight as a dead letter, and settles it. */
  bury(which: number, attempts: number): Delivery | undefined {
    const delivery = this.inFlight[which];
    if (delivery === undefined) return undefined;
    const { ordinal, record, length } = delivery;
    const [firstAt, lastAt] = [SOMETIME_MS, SOMETIME_MS];
    const reason = SettleReason.ATTEMPTS;
    this.#letters.add({ ordinal, record, reason, text: 'failed', error: undefined, attempts, firstAt, lastAt });
    this.#letters.sync();
    this.inFlight.splice(which, 1);
    this.#log.add(SettleKind.DEAD, ordinal, length, reason);
    this.#letGo(delivery);
    return delivery;
  }

  /** Writes what was settled, counts it, and lets go of it. */
  flush(): void {
    if (!this.#log.dirty) return;
    this.write();
    this.shared.settledBytes.set(this.settledBytesAtStart + this.#log.settledBytes);
    this.shared.settled.set(this.settledAtStart + this.#log.settled);
    this.#claims.publish();
  }

  /** Only the first half of {@link flush}: after it the thread can end. */
  write(): void {
    this.#log.flush();
  }

  sync(): void {
    this.#log.sync();
  }

  /** @returns Whether the log was rewritten: what is settled cannot be told at every moment. */
  compact(): boolean {
    this.flush();
    const settled = knownSettled(this.#queue, this.#log);
    if (settled !== undefined) this.#log.compact(settled, this.#retries.values());
    return settled !== undefined;
  }

  /** Ends the thread where it stands. */
  end(): void {
    this.#files.closeAll();
  }

  /** Ends the thread in order. */
  close(): void {
    this.flush();
    this.#entries.close();
    this.#log.close();
    this.#letters.close();
  }

  #letGo({ ordinal }: Delivery): void {
    this.#claims.settle(this.#slots.get(ordinal) as number);
    this.#slots.delete(ordinal);
    this.#retries.delete(ordinal);
  }

  /** A queue whose cursor runs {@link meanwhile} right before a claim. */
  #interruptible(queue: QueueShared): QueueShared {
    const swap = (from: number, to: number): boolean => {
      const meanwhile = this.meanwhile;
      this.meanwhile = undefined;
      meanwhile?.();
      return queue.cursor.swap(from, to);
    };
    return Object.create(queue, { cursor: { value: { get: () => queue.cursor.get(), swap } } });
  }
}
