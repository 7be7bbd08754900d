// The oracle: says from what was written down outside the hub, and from what is left in it, whether the promise was kept.
// For every consumer: what was accepted it has taken, or it is kept as a dead letter, or it is still queued; the bytes are
// right; order holds where it was asked for; and where nothing gives cause for it, no message is a dead letter. Naive on
// purpose: sets and one pass.
import type { Order } from '@penstock/hub';
import { bodyOf, checksumOf, idOf, keyOf, type MessageName } from './message.js';
import type { Delivery } from './notes.js';

/** What is known of one consumer. */
export interface ConsumerEvidence {
  readonly consumer: string;
  /** `strict`: the messages of each producer come in order; `key`: those of each of its keys; `none`: in any order. */
  readonly order: Order;
  /** What it noted, in the order of its notes. */
  readonly deliveries: readonly Delivery[];
  /** Ids of its dead letters. */
  readonly deadLettered: ReadonlySet<string>;
  /** Ids of what is still in its queue. */
  readonly queued: ReadonlySet<string>;
  /** How many messages the hub itself has counted as lost to it, by damage to its files. */
  readonly countedDamaged: number;
}

/** What is known of a run. */
export interface Evidence {
  /** What the hub has said to have accepted, by its producers' notes. */
  readonly accepted: readonly MessageName[];
  readonly consumers: readonly ConsumerEvidence[];
  /** Whether each message of a producer is innocent of all that was done, so that none may become a dead letter. */
  readonly allInnocent: boolean;
}

/** What the oracle has against a run: `message` is an id, `consumer` where it happened. */
export interface Violation {
  readonly kind: 'lost' | 'damaged' | 'disordered' | 'condemned';
  readonly consumer: string;
  readonly message: string;
  /** More about it, for people; a sentence without a full stop. */
  readonly what: string;
}

export interface Verdict {
  /** Messages accepted, each once however often it was noted. */
  readonly accepted: number;
  /** Deliveries noted by all consumers together. */
  readonly delivered: number;
  /** Messages, over all consumers, that were accepted and are nowhere, beyond those that the hub has counted. */
  readonly lost: number;
  /** Deliveries that a consumer took although it had taken the message before. */
  readonly duplicated: number;
  /** Dead letters of all consumers together. */
  readonly deadLettered: number;
  /** Messages, over all consumers, that are still queued. */
  readonly queued: number;
  /** All that is against the promise. Empty when it was kept: what comes twice is not against it. */
  readonly violations: readonly Violation[];
}

/** Judges a run. */
export function judge({ accepted, consumers, allInnocent }: Evidence): Verdict {
  const names = new Map(accepted.map((name) => [idOf(name), name]));
  const violations = consumers.flatMap((consumer) => [
    ...lostBy(consumer, names.keys()),
    ...damagedAt(consumer),
    ...disorderedAt(consumer),
    ...(allInnocent ? condemnedAt(consumer, names) : []),
  ]);
  return {
    accepted: names.size,
    delivered: sum(consumers, ({ deliveries }) => deliveries.length),
    lost: violations.filter(({ kind }) => kind === 'lost').length,
    duplicated: sum(consumers, duplicatesOf),
    deadLettered: sum(consumers, ({ deadLettered }) => deadLettered.size),
    queued: sum(consumers, ({ queued }) => queued.size),
    violations,
  };
}

function lostBy(evidence: ConsumerEvidence, accepted: Iterable<string>): Violation[] {
  const { consumer, deadLettered, queued, countedDamaged } = evidence;
  const taken = takenBy(evidence);
  const what = 'accepted, and neither taken, nor a dead letter, nor queued';
  // Which ones the hub has counted nobody can say: it could not read them.
  return [...accepted]
    .filter((id) => !taken.has(id) && !deadLettered.has(id) && !queued.has(id))
    .slice(countedDamaged)
    .map((message) => ({ kind: 'lost', consumer, message, what }));
}

function damagedAt({ consumer, deliveries }: ConsumerEvidence): Violation[] {
  return deliveries.flatMap((delivery) => {
    const expected = checksumOf(bodyOf(delivery));
    if (delivery.checksum === expected) return [];
    const what = `came with checksum ${delivery.checksum} instead of ${expected}`;
    return [{ kind: 'damaged', consumer, message: idOf(delivery), what }];
  });
}

/** A message may come again at any time; what counts is when it came first. */
function disorderedAt({ consumer, order, deliveries }: ConsumerEvidence): Violation[] {
  if (order === 'none') return [];
  const seen = new Set<string>();
  const latest = new Map<string, MessageName>();
  const violations: Violation[] = [];
  for (const delivery of deliveries) {
    const message = idOf(delivery);
    if (seen.has(message)) continue;
    seen.add(message);
    const group = order === 'key' ? keyOf(delivery) : delivery.producer;
    const before = latest.get(group);
    if (before === undefined || before.sequence < delivery.sequence) latest.set(group, delivery);
    else violations.push({ kind: 'disordered', consumer, message, what: `came first after ${idOf(before)} had come` });
  }
  return violations;
}

/** What no producer has published was made by the fault itself, and is guilty. */
function condemnedAt(
  { consumer, deadLettered }: ConsumerEvidence,
  accepted: ReadonlyMap<string, MessageName>,
): Violation[] {
  const what = 'a dead letter, and did no harm';
  return [...deadLettered]
    .filter((id) => accepted.has(id))
    .map((message) => ({ kind: 'condemned', consumer, message, what }));
}

const takenBy = ({ deliveries }: ConsumerEvidence): Set<string> =>
  new Set(deliveries.filter(({ ending }) => ending === 'took').map(idOf));

const duplicatesOf = (evidence: ConsumerEvidence): number =>
  evidence.deliveries.filter(({ ending }) => ending === 'took').length - takenBy(evidence).size;

const sum = <Item>(items: readonly Item[], of: (item: Item) => number): number =>
  items.reduce((total, item) => total + of(item), 0);
