// One trial: a directory with a history is damaged, opened, worked off and opened again; then every message that was accepted
// must have been delivered, or have been settled before, or be a dead letter, or be counted as lost.
import { MemoryFiles } from '../../../packages/hub/src/files/memory-files.js';
import { CONSUMERS, gets, topicOf } from './consumers.js';
import { type Disk, type DoneDamage, damageOne, readDisk } from './damages.js';
import { DiskHub } from './disk-hub.js';
import { bodyFor, numberOf } from './queue-worker.js';

/** A directory, and what became of each message in it before it was damaged. */
export interface History {
  readonly disk: Disk;
  readonly messages: number;
  /** By consumer, numbers of the messages that were acknowledged. */
  readonly acknowledged: ReadonlyMap<string, ReadonlySet<number>>;
}

export interface TrialResult {
  readonly done: readonly DoneDamage[];
  /** What is wrong, a line each; empty when all is as promised. */
  readonly violations: readonly string[];
  /** Whether anything was found damaged. */
  readonly noticed: boolean;
}

const ALL = 100_000;

/** In so many trials two files are damaged. */
const TWO_OF = 0.2;

/** Makes a directory: several runs of a hub, that end in order or are killed. */
export function makeHistory(path: string, random: () => number): History {
  const files = new MemoryFiles();
  files.makeDirectory(path);
  const acknowledged = new Map(Object.keys(CONSUMERS).map((name) => [name, new Set<number>()]));
  let messages = 0;
  const runs = 1 + Math.floor(random() * 3);
  for (let run = 0; run < runs; run++) {
    const hub = new DiskHub(files, path);
    for (let round = 0; round < 3; round++) {
      for (let count = Math.floor(random() * 12); count >= 0; count--) {
        hub.publish(topicOf(messages), bodyFor(messages));
        messages++;
      }
      hub.commit();
      for (const [name, { ending }] of Object.entries(CONSUMERS)) {
        if (name === 'idle' || random() < 0.3) continue;
        hub.workerOf(name).deliver(Math.floor(random() * 30), (body) => {
          const number = numberOf(body) as number;
          if (ending(number) === 'acknowledge') acknowledged.get(name)?.add(number);
          return ending(number);
        });
      }
      hub.reap();
    }
    if (random() < 0.5) hub.stop();
    else hub.kill();
  }
  return { disk: readDisk(files, path), messages, acknowledged };
}

/** @param silenced Whether the hub is taken to count and report nothing: then what is lost must be found. */
export function runTrial(
  path: string,
  history: History,
  random: () => number,
  { silenced = false }: { silenced?: boolean } = {},
): TrialResult {
  const disk = new Map(history.disk);
  const done = [damageOne(disk, random)];
  if (random() < TWO_OF) done.push(damageOne(disk, random, done[0]));
  const files = new MemoryFiles();
  files.makeDirectory(path);
  for (const [name, bytes] of disk) {
    files.makeDirectory(name.slice(0, name.lastIndexOf('/')));
    const file = files.create(name);
    file.append(bytes);
    file.close();
  }
  const violations: string[] = [];
  const hub = new DiskHub(files, path);
  const damaged = hub.damage.length;
  const reported = new Map<string, number>();
  for (const name of Object.keys(CONSUMERS)) {
    const { bodies, unreadableBytes } = hub.deadLetters(name);
    const arrived = new Set(history.acknowledged.get(name));
    const take = (body: string) => {
      const number = numberOf(body);
      if (number === undefined) violations.push(`${name} got wrong bytes: ${body.slice(0, 40)}`);
      else arrived.add(number);
    };
    for (const body of bodies) take(body);
    const worker = hub.workerOf(name);
    worker.deliver(ALL, (body) => {
      take(body);
      return 'acknowledge';
    });
    const letters = hub.damage
      .filter(({ kind }) => kind === 'dead-letters')
      .flatMap(({ lost }) => lost)
      .reduce((sum, { consumer, entries }) => sum + (consumer === name ? entries : 0), 0);
    reported.set(name, worker.damaged + letters + (unreadableBytes > 0 ? Number.POSITIVE_INFINITY : 0));
    const consumer = CONSUMERS[name] as (typeof CONSUMERS)[string];
    const missing = Array.from({ length: history.messages }, (_, number) => number).filter(
      (number) => gets(consumer, number) && !arrived.has(number),
    );
    const counted = silenced ? 0 : (reported.get(name) as number);
    if (missing.length > counted) violations.push(`${name} misses ${missing.join()}, ${counted} counted`);
  }
  hub.reap();
  hub.stop();
  violations.push(...openAgain(path, files));
  const noticed = damaged > 0 || [...reported.values()].some((count) => count > 0);
  return { done, violations, noticed };
}

/** What was mended is whole: the next start finds nothing more, and nothing comes again. */
function openAgain(path: string, files: MemoryFiles): string[] {
  const again = new DiskHub(files, path);
  const violations = again.damage.map(({ path: where, problem }) => `found at the next start: ${where}: ${problem}`);
  for (const { name, queue } of again.queues) {
    if (queue.backlog() !== 0) violations.push(`${name} has a backlog of ${queue.backlog()} after all was settled`);
  }
  again.publish('even', bodyFor(0));
  again.commit();
  let got = 0;
  again.workerOf('idle').deliver(ALL, () => {
    got++;
    return 'acknowledge';
  });
  if (got !== 1) violations.push(`a message that was published afterwards came ${got} times`);
  again.stop();
  return violations;
}
