// A consumer's thread without the thread: claims, reads and settles, and gives up what cannot be read, as a thread does.
import { createHash } from 'node:crypto';
import type { DataDirectory } from '../../../packages/hub/src/data-directory.js';
import { DeadLetterWriter } from '../../../packages/hub/src/dead-letters/dead-letter-file.js';
import type { MemoryFiles } from '../../../packages/hub/src/files/memory-files.js';
import type { HubQueue } from '../../../packages/hub/src/hub-queues.js';
import { viewOf } from '../../../packages/hub/src/journal/record.js';
import { queueFolder } from '../../../packages/hub/src/queue/registry.js';
import type { ThreadShared } from '../../../packages/hub/src/queue/shared.js';
import { SettleLog } from '../../../packages/hub/src/settlement/settle-log.js';
import { SettleKind, SettleReason } from '../../../packages/hub/src/settlement/settle-record.js';
import { settleLogName } from '../../../packages/hub/src/settlement/settled-state.js';
import { Claims } from '../../../packages/hub/src/thread/worker/claims.js';
import { DamagedEntries } from '../../../packages/hub/src/thread/worker/damaged-entries.js';
import { DeliveredMessage } from '../../../packages/hub/src/thread/worker/delivered-message.js';
import { EntryReader } from '../../../packages/hub/src/thread/worker/entry-reader.js';
import type { Ending } from './consumers.js';

/** A message's body: its number, something to fill it, and what all of that sums up to. */
export function bodyFor(number: number): string {
  const filled = `${number} ${'x'.repeat((number * 37) % 200)}`;
  return `${filled}|${createHash('sha1').update(filled).digest('hex')}`;
}

/** The number of the message with a body; undefined when that is not what was published. */
export function numberOf(body: string): number | undefined {
  const number = Number.parseInt(body, 10);
  return body === bodyFor(number) ? number : undefined;
}

/** The body of the message in a record. */
export const bodyOf = (record: Buffer): string => new DeliveredMessage('hub', record, viewOf(record), 0, 1).text();

export class QueueWorker {
  readonly name: string;
  /** Entries that could not be read, and were counted as lost. */
  damaged = 0;
  readonly #claims: Claims;
  readonly #entries: EntryReader;
  readonly #log: SettleLog;
  readonly #letters: DeadLetterWriter;
  readonly #lost: DamagedEntries;
  readonly #holding: { ordinal: number; length: number; slot: number }[] = [];

  constructor(files: MemoryFiles, { path, journal }: DataDirectory, queue: HubQueue, freshFrom: number) {
    this.name = queue.name;
    const directory = queueFolder(path, queue);
    const shared = queue.queue;
    const thread = shared.threads[0] as ThreadShared;
    this.#claims = new Claims(shared, thread, [], queue.settledBefore.intervals);
    this.#entries = new EntryReader(files, journal, directory, freshFrom);
    const incarnation = queue.firstIncarnation;
    const name = settleLogName(0, incarnation);
    this.#log = new SettleLog({ files, directory: `${directory}/settled`, name, queueNumber: queue.number });
    this.#letters = new DeadLetterWriter({ files, directory, writer: 't0', incarnation, queueNumber: queue.number });
    const silent = { debug() {}, info() {}, warn() {}, error() {} };
    this.#lost = new DamagedEntries({ files, journalDirectory: journal, log: silent as never });
  }

  /**
   * Delivers what there is, up to so many entries, and settles each as it ends.
   *
   * @param consume Given each body; told what becomes of it.
   */
  deliver(most: number, consume: (body: string) => Ending): void {
    for (let count = 0; count < most && this.#claims.claim(8) && this.#claims.hasSlot; count++) this.#next(consume);
    this.#log.flush();
    this.#claims.publish();
  }

  close(): void {
    this.#log.close();
    this.#letters.close();
    this.#entries.close();
    this.#lost.close();
  }

  #next(consume: (body: string) => Ending): void {
    const ordinal = this.#claims.next;
    const problem = this.#entries.read(ordinal, this.#claims.left);
    const { length } = this.#entries;
    if (problem !== undefined) {
      this.damaged++;
      this.#lost.note(ordinal, this.#entries, problem);
      this.#log.add(SettleKind.DAMAGED, ordinal, length);
      this.#claims.advance();
      return;
    }
    const { slab, at } = this.#entries;
    const record = slab.bytes.subarray(at, at + length);
    switch (consume(new DeliveredMessage('hub', slab.bytes, slab.view, at, 1).text())) {
      case 'acknowledge':
        this.#log.add(SettleKind.ACKNOWLEDGED, ordinal, length);
        this.#claims.advance();
        break;
      case 'bury':
        this.#letters.add({ ordinal, record, ...LETTER, attempts: 1, firstAt: 1, lastAt: 2 });
        this.#letters.sync();
        this.#log.add(SettleKind.DEAD, ordinal, length, SettleReason.ATTEMPTS);
        this.#claims.advance();
        break;
      case 'fail':
        this.#log.retry({ ordinal, attempt: 1, crashes: 0, delayMs: 0, failedAt: 1, firstAt: 1 });
        this.#holding.push({ ordinal, length, slot: this.#claims.detach() });
        break;
      case 'leave':
        this.#holding.push({ ordinal, length, slot: this.#claims.detach() });
        break;
    }
  }
}

const LETTER = { reason: SettleReason.ATTEMPTS, text: 'failed', error: undefined };
