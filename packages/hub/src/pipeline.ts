// The path of a message up to the queues: data directory, journal thread, enqueuer, and the queues they fill.
// Kept after its close, so that its last state can still be read.
import { relative } from 'node:path';
import { blockingBounds, createOverflowThread } from './backlog-limits.js';
import type { ResolvedConfig } from './config.js';
import type { ConsumerSpec } from './consumer-specs.js';
import type { DataDirectory } from './data-directory.js';
import { DiskLimit } from './disk-limit.js';
import { Enqueuer } from './enqueuer/enqueuer.js';
import type { JournalPin } from './enqueuer/journal-pins.js';
import { JournalThread } from './enqueuer/journal-thread.js';
import type { CutReport } from './enqueuer/protocol.js';
import { Router } from './enqueuer/router.js';
import type { PenstockError } from './errors.js';
import { type Damage, lostText } from './files/damage.js';
import { DirectoryWatch } from './files/directory-watch.js';
import type { JournalEnds } from './files/hub-file.js';
import { NodeFiles } from './files/node-files.js';
import { Quarantine } from './files/quarantine.js';
import { DiskReserve, freeSpaceOf, reserveSize } from './files/reserve.js';
import { type HubQueue, openQueues } from './hub-queues.js';
import { blameCrash } from './settlement/hub-crash.js';
import type { SettledState } from './settlement/settled-state.js';
import { Intake } from './source/intake.js';
import { CommitTimes } from './telemetry/commit-times.js';
import type { HubLog } from './telemetry/log.js';
import type { DiskSnapshot, HubSnapshot, JournalSnapshot } from './telemetry/snapshot.js';
import type { OverflowThread } from './thread/overflow-thread.js';

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
  /** Something on the disk is not what was written. */
  damaged(damage: Damage): void;
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
  #intake: Intake | undefined;
  #disk: DiskLimit | undefined;
  #watch: DirectoryWatch | undefined;
  #overflow: OverflowThread | undefined;
  #failed = false;

  constructor(options: PipelineOptions, events: PipelineEvents) {
    const { config, directory, specs, only } = options;
    this.#options = options;
    this.#events = events;
    this.directory = directory;
    this.#queues = openQueues(new NodeFiles({ durable: !config.ephemeral }), directory, specs, only, (damage) =>
      this.#tell(damage),
    );
    this.#journal = new JournalThread({
      committed: (batch) => {
        this.#commitTimes.add(performance.now() - batch.handedAtMs);
        this.#enqueuer?.noteCommitted(batch);
        events.committed(batch.endPosition);
      },
      segmentRemoved: (segment, bytes) => {
        this.#disk?.update();
        events.segmentRemoved(segment, bytes);
      },
      failed: (error) => {
        this.#failed = true;
        this.#enqueuer?.refuse(error);
        this.#intake?.end();
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

  /** Where messages come in from outside. */
  get intake(): Intake {
    if (this.#intake === undefined) throw new Error('the pipeline is not open');
    return this.#intake;
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
      ends: directory.lastEnds,
      queues: this.queues.map((queue) => queue.forWriter),
      retain: config.retain,
    });
    if (report.cut !== undefined) {
      const { segment, keptBytes, cutBytes } = report.cut;
      log.warn(
        `the last hub did not stop in order: ${cutBytes} bytes at the end of ${segment} were no whole record and were cut`,
        { keptBytes },
      );
      this.#events.cut(report.cut);
    }
    for (const damage of report.damage) this.#tell(damage);
    const routed = this.queues.filter((queue) => queue.spec !== undefined).map((queue) => queue.forRouter);
    const router = new Router(routed);
    this.#enqueuer = new Enqueuer(this.#journal, router, config, report.nextPosition);
    directory.writing(() => {
      const states = this.queues.map((queue) => queue.readSettled());
      // What a consumer's own process was at ends no hub.
      const suspected = states.map((state, index) =>
        this.queues[index]?.spec?.isolation === 'process' ? { ...state, starts: [] } : state,
      );
      const crashed = blameCrash(directory.wasClean ? [] : suspected, Date.now());
      for (const [index, queue] of this.queues.entries()) {
        queue.restore(states[index] as SettledState, crashed[index] ?? [], (damage) => this.#tell(damage));
      }
    });
    this.#disk = this.#limitDisk(this.#enqueuer);
    this.#watch = new DirectoryWatch(directory.path, (problem) => this.#journal.fail(new Error(problem)));
    const { maxUncommittedBytes } = config;
    const bounds = blockingBounds(this.queues);
    this.#intake = new Intake({ enqueuer: this.#enqueuer, router, bounds, disk: this.#disk, maxUncommittedBytes, log });
  }

  /**
   * Fills the queues that are to begin with what the journal holds; then segments nobody needs may go, and queues are kept
   * at their bounds.
   */
  async backfill(stopAsked: () => boolean): Promise<void> {
    const environment = { enqueuer: this.enqueuer, log: this.#options.log, stopAsked };
    for (const queue of this.queues) await queue.backfill(environment);
    this.#journal.release(this.queues.map((queue) => queue.settledBefore));
    const { config, directory, log } = this.#options;
    const durable = !config.ephemeral;
    const files = new NodeFiles({ durable });
    const { journal: journalDirectory } = directory;
    const freshFrom = this.enqueuer.firstPosition;
    this.#overflow = createOverflowThread(this.queues, { files, durable, journalDirectory, freshFrom, log });
    await this.#overflow?.start();
  }

  /**
   * Holds the segments of the journal from a position on.
   *
   * @throws (rejects) JOURNAL_FAILED, HUB_NOT_RUNNING
   */
  pin(from: number): Promise<JournalPin> {
    return this.#journal.pin(from);
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
    this.#intake?.end();
    this.#disk?.stop();
    this.#watch?.stop();
    await this.#overflow?.stop();
    this.#enqueuer?.flush();
    // A failure to commit was reported when it happened.
    await this.#enqueuer?.committed().catch(() => {});
    await this.#journal.close();
    for (const queue of this.queues) queue.close();
    if (!this.#failed && this.#enqueuer !== undefined) this.directory.end(this.#endsAt(this.#enqueuer));
  }

  #endsAt({ nextPosition: position }: Enqueuer): JournalEnds {
    const queues = this.queues.map(({ number, queue }) => [number, queue.enqueued.get()] as const);
    return { position, queues: Object.fromEntries(queues) };
  }

  /** Why nothing that takes disk space is to be taken for now. */
  get diskRefusal(): PenstockError | undefined {
    return this.#disk?.refusal;
  }

  diskSnapshot(): DiskSnapshot {
    return this.#disk?.snapshot() ?? NO_DISK;
  }

  #tell(damage: Damage): void {
    const { kind, path, problem, aside, lost } = damage;
    const where = `${relative(this.directory.path, path)}: ${problem}`;
    this.#options.log.error(lost.length === 0 ? where : `${where}; entries lost, at most: ${lostText(lost)}`, {
      code: 'DATA_DAMAGED',
      kind,
      ...(aside === undefined ? {} : { aside: relative(this.directory.path, aside) }),
    });
    this.#events.damaged(damage);
  }

  #limitDisk(enqueuer: Enqueuer): DiskLimit {
    const { config, directory, log } = this.#options;
    const files = new NodeFiles({ durable: !config.ephemeral });
    const size = reserveSize(config.segmentBytes, freeSpaceOf(directory.path).totalBytes);
    const disk = new DiskLimit({
      files,
      path: directory.path,
      // What ends with the process needs no room for its next start, and would hold memory.
      reserve: config.ephemeral ? undefined : new DiskReserve(files, directory.path, size),
      queues: () => this.queues.map((queue) => queue.forWriter.directory),
      journal: this.#journal,
      enqueuer,
      segmentBytes: config.segmentBytes,
      maxDiskBytes: config.maxDiskBytes,
      log,
    });
    disk.start();
    return disk;
  }

  /** What was set aside of damaged files, by kind. */
  quarantined(): HubSnapshot['quarantined'] {
    return new Quarantine(new NodeFiles({ durable: true }), this.directory.path).count();
  }

  journalSnapshot(): JournalSnapshot {
    const { bytes, retainedBytes, segments, messages } = this.#journal.numbers;
    return {
      bytes,
      retainedBytes,
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
  retainedBytes: 0,
  segments: 0,
  committedMessagesTotal: 0,
  uncommittedBytes: 0,
  commitDuration: new CommitTimes().snapshot(),
};

/** What the data directory takes before it is open. */
export const NO_DISK: DiskSnapshot = { bytes: 0, limitBytes: 0, full: undefined };
