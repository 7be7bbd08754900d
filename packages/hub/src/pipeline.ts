// The path of a message up to the queues: data directory, journal thread, enqueuer, and the queues they fill.
// Kept after its close, so that its last state can still be read.
import type { ResolvedConfig } from './config.js';
import type { ConsumerSpec } from './consumer-specs.js';
import type { DataDirectory } from './data-directory.js';
import { Enqueuer } from './enqueuer/enqueuer.js';
import { JournalThread } from './enqueuer/journal-thread.js';
import type { CutReport } from './enqueuer/protocol.js';
import { Router } from './enqueuer/router.js';
import type { PenstockError } from './errors.js';
import { NodeFiles } from './files/node-files.js';
import { type HubQueue, openQueues } from './hub-queues.js';
import { CommitTimes } from './telemetry/commit-times.js';
import type { HubLog } from './telemetry/log.js';
import type { JournalSnapshot } from './telemetry/snapshot.js';

export interface PipelineOptions {
  readonly config: ResolvedConfig;
  readonly directory: DataDirectory;
  readonly specs: readonly ConsumerSpec[];
  /** Names of the consumers to run; all by default. */
  readonly only: readonly string[] | undefined;
  readonly log: HubLog;
}

export interface PipelineEvents {
  committed(position: number): void;
  cut(report: CutReport): void;
  segmentRemoved(segment: string, bytes: number): void;
  /** Nothing more is taken. */
  failed(error: PenstockError): void;
}

export class Pipeline {
  readonly directory: DataDirectory;
  readonly #queues: HubQueue[];
  readonly #options: PipelineOptions;
  readonly #events: PipelineEvents;
  readonly #journal: JournalThread;
  readonly #commitTimes = new CommitTimes();
  #enqueuer: Enqueuer | undefined;
  #failed = false;

  constructor(options: PipelineOptions, events: PipelineEvents) {
    const { config, directory, specs, only } = options;
    this.#options = options;
    this.#events = events;
    this.directory = directory;
    this.#queues = openQueues(new NodeFiles({ durable: !config.ephemeral }), directory, specs, only);
    this.#journal = new JournalThread({
      committed: (batch) => {
        this.#commitTimes.add(performance.now() - batch.handedAtMs);
        this.#enqueuer?.noteCommitted(batch);
        events.committed(batch.endPosition);
      },
      segmentRemoved: (segment, bytes) => events.segmentRemoved(segment, bytes),
      failed: (error) => {
        this.#failed = true;
        this.#enqueuer?.refuse(error);
        events.failed(error);
      },
    });
  }

  /** All queues; whoever keeps the list sees one go. */
  get queues(): readonly HubQueue[] {
    return this.#queues;
  }

  get enqueuer(): Enqueuer {
    if (this.#enqueuer === undefined) throw new Error('the pipeline is not open');
    return this.#enqueuer;
  }

  /**
   * Recovers journal and queues as the last hub left them; from then on messages can be taken.
   *
   * @throws DATA_DIR_UNUSABLE, DATA_DAMAGED, DATA_FORMAT_UNSUPPORTED, JOURNAL_FAILED
   */
  async open(): Promise<void> {
    const { config, directory, log } = this.#options;
    const report = await this.#journal.open({
      dataDirectory: directory.path,
      durable: !config.ephemeral,
      clean: directory.wasClean,
      queues: this.queues.map((queue) => queue.forWriter),
    });
    if (report.cut !== undefined) {
      const { segment, keptBytes, cutBytes } = report.cut;
      log.warn(
        `the last hub did not stop in order: ${cutBytes} bytes at the end of ${segment} were no whole record and were cut`,
        { keptBytes },
      );
      this.#events.cut(report.cut);
    }
    const routed = this.queues.filter((queue) => queue.spec !== undefined).map((queue) => queue.forRouter);
    this.#enqueuer = new Enqueuer(this.#journal, new Router(routed), config, report.nextPosition);
    directory.writing(() => {
      for (const queue of this.queues) queue.restore();
    });
  }

  /** Fills the queues that are to begin with what the journal holds; then segments nobody needs may go. */
  async backfill(stopAsked: () => boolean): Promise<void> {
    for (const queue of this.queues) await queue.backfill(this.enqueuer, this.#options.log, stopAsked);
    this.#journal.release(this.queues.map((queue) => queue.settledBefore));
  }

  /**
   * Removes a queue without a consumer, for good.
   *
   * @throws (rejects) JOURNAL_FAILED, HUB_NOT_RUNNING
   */
  async removeQueue(queue: HubQueue): Promise<void> {
    // First, so that nobody asks for it again, nor looks into files that go.
    this.#queues.splice(this.#queues.indexOf(queue), 1);
    queue.close();
    await this.#journal.removeQueue(queue.number);
  }

  /** Commits what was taken, and notes that all is in order, unless it is not. */
  async close(): Promise<void> {
    this.#enqueuer?.flush();
    // A failure to commit was reported when it happened.
    await this.#enqueuer?.committed().catch(() => {});
    await this.#journal.close();
    for (const queue of this.queues) queue.close();
    if (!this.#failed) this.directory.end();
  }

  journalSnapshot(): JournalSnapshot {
    const { bytes, segments, messages } = this.#journal.numbers;
    return {
      bytes,
      segments,
      committedMessagesTotal: messages,
      uncommittedBytes: this.#enqueuer?.uncommittedBytes ?? 0,
      commitDuration: this.#commitTimes.snapshot(),
    };
  }
}

/** What the journal is before there is one. */
export const NO_JOURNAL: JournalSnapshot = {
  bytes: 0,
  segments: 0,
  committedMessagesTotal: 0,
  uncommittedBytes: 0,
  commitDuration: new CommitTimes().snapshot(),
};
