// One source and what the hub keeps for it: its context, its counters, and its start and stop.
import type { Logger } from '../consumer-context.js';
import type { Enqueuer } from '../enqueuer/enqueuer.js';
import { Service } from '../lifecycle.js';
import type { Body, Headers } from '../message.js';
import type { SourceSnapshot } from '../telemetry/snapshot.js';
import { Fed, type Intake } from './intake.js';
import type { Source, SourceContext, SourceDefinition, SourceIntake } from './source.js';

/** Reasons are a small fixed set in each source; a source that makes them up is cut short here. */
const MOST_REASONS = 32;
const OTHER_REASONS = 'other';

/** What takes the messages of all sources. */
export interface SourceParts {
  readonly enqueuer: Enqueuer;
  readonly intake: Intake;
}

export class SourceHost extends Service {
  readonly name: string;
  readonly #definition: SourceDefinition;
  readonly #source: Source;
  readonly #rejected = new Map<string, number>();
  readonly #refused = new Map<string, number>();
  #received = 0;
  #missed = 0;
  readonly #fed = new Fed();
  readonly #intake: Intake;

  constructor(name: string, definition: SourceDefinition, parts: SourceParts, log: Logger) {
    super();
    this.name = name;
    this.#definition = definition;
    this.#intake = parts.intake;
    this.#source = definition.create(this.#context(parts, log));
  }

  snapshot(): SourceSnapshot {
    const heldBy = this.#intake.heldBy(this.#fed);
    return {
      source: this.name,
      description: this.#definition.description,
      receivedTotal: this.#received,
      rejectedTotal: Object.fromEntries(this.#rejected),
      missedTotal: this.#missed,
      refusedTotal: Object.fromEntries(this.#refused),
      heldBy: heldBy.length === 0 ? undefined : heldBy,
    };
  }

  protected override onStart(): Promise<void> {
    return this.#source.start();
  }

  protected override onStop(): Promise<void> {
    return this.#source.stop();
  }

  #context({ enqueuer, intake }: SourceParts, log: Logger): SourceContext {
    const fed = this.#fed;
    const host = this;
    return {
      name: this.name,
      log,
      accept(topic: string, body: Body, headers?: Headers): number {
        const position = intake.accept(topic, body, headers, fed);
        host.#received++;
        return position;
      },
      get saturated() {
        return enqueuer.saturated || intake.holds(fed);
      },
      async writable() {
        await enqueuer.writable();
        await intake.room(fed);
      },
      answering: this.#answering({ enqueuer, intake }),
      committed: () => enqueuer.committed(),
      reject: (reason) => this.#reject(reason),
      missed: (count) => {
        this.#missed += count;
      },
      refused: (reason) => countReason(this.#refused, reason),
    };
  }

  #answering({ enqueuer, intake }: SourceParts): SourceIntake {
    const host = this;
    return {
      accept(topic: string, body: Body, headers?: Headers): number {
        const position = intake.offer(topic, body, headers);
        host.#received++;
        return position;
      },
      get saturated() {
        return enqueuer.saturated;
      },
      writable: () => enqueuer.writable(),
    };
  }

  /** What is rejected was received too. */
  #reject(reason: string): void {
    this.#received++;
    countReason(this.#rejected, reason);
  }
}

function countReason(counts: Map<string, number>, reason: string): void {
  const known = counts.has(reason) || counts.size < MOST_REASONS ? reason : OTHER_REASONS;
  counts.set(known, (counts.get(known) ?? 0) + 1);
}

/** Gives every source a name of its own: the one it brings, else its type, numbered where there are several. */
export function nameSources(
  definitions: readonly SourceDefinition[],
): { name: string; definition: SourceDefinition }[] {
  const taken = new Set<string>();
  return definitions.map((definition) => {
    const wanted = definition.name ?? definition.type;
    let name = wanted;
    for (let number = 2; taken.has(name); number++) name = `${wanted}-${number}`;
    taken.add(name);
    return { name, definition };
  });
}
