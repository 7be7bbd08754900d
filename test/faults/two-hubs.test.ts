// Many hubs that start at the same moment on one data directory: one of them gets it and all others are refused, whether
// the last one there had stopped or was killed, and nothing that any of them accepted is lost. With flock(1) and without, by
// turns.
// PENSTOCK_FAULT_SIZE says how many races there are; PENSTOCK_TEST_SEED repeats one.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Child } from '../support/child.js';
import { named, runs } from '../support/missing-tools.js';
import { recount } from '../support/naive-recount.js';
import { randomFrom } from '../support/random.js';
import { tempDir } from '../support/temp-dir.js';
import { fixture } from '../support/test-hub.js';
import { until } from '../support/until.js';

const RACES = Number(process.env.PENSTOCK_FAULT_SIZE ?? 5);
const STARTS = 20;

/** As many as are noticed without a lock. */
const STARTS_WITHOUT_LOCK = 4;
const CONTROL_TRIES = 10;

/** So many processes start at once, and each rival waits for a hub that is about to go: far longer than any answer takes. */
const ANSWER_WITHIN_MS = 200_000;

/** What a winner publishes, at most. */
const MOST_PUBLISHED = 50;

const seed = Number(process.env.PENSTOCK_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
console.log(`two-hubs.test.ts: PENSTOCK_TEST_SEED=${seed}`);

/** A program that starts a hub when it is told to. */
class Contender {
  readonly child: Child;
  #answers = 0;

  constructor(env: Readonly<Record<string, string>> = {}) {
    this.child = Child.node(fixture('contend'), [], { env });
  }

  ask(command: string): Promise<string> {
    this.child.process.stdin?.write(`${command}\n`);
    return this.#answer();
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.child.ended;
  }

  #answer(): Promise<string> {
    const at = this.#answers++;
    return until(`answer ${at} of a contender`, () => this.child.lines[at], ANSWER_WITHIN_MS);
  }
}

/**
 * Has them race for one data directory, each time the last winner being gone.
 *
 * @param contenders Changed: one that was killed is replaced.
 * @param paths Where programs are found, flock(1) among them or not: race by race, in turn.
 * @returns What was wrong; empty when all was right.
 */
async function race(contenders: Contender[], races: number, paths: readonly string[]): Promise<string[]> {
  const random = randomFrom(seed);
  const dataDir = join(tempDir(), 'data');
  let accepted = 0;
  for (let number = 1; number <= races; number++) {
    const use = `use ${paths[(number - 1) % paths.length]} ${dataDir}`;
    await Promise.all(contenders.map((each) => each.ask(use)));
    const answers = await Promise.all(contenders.map((each) => each.ask('start')));
    const winners = contenders.filter((_, index) => answers[index] === 'won');
    const problems = answers.filter((answer) => answer !== 'won' && !isRefusedFor(answer, winners));
    if (winners.length !== 1) problems.unshift(`${winners.length} winners`);
    if (problems.length > 0) return problems.map((problem) => `race ${number}: ${problem}`);
    for (const winner of winners) {
      const count = 1 + Math.floor(random() * MOST_PUBLISHED);
      await winner.ask(`publish ${accepted} ${count}`);
      accepted += count;
      if (random() < 0.5) {
        await winner.ask('stop');
      } else {
        winner.child.kill('SIGKILL');
        await winner.child.ended;
        contenders[contenders.indexOf(winner)] = new Contender();
      }
    }
  }
  // What the last winner holds is on disk too, since it was accepted.
  const enqueued = recount(dataDir).get('a')?.enqueued;
  return enqueued === accepted ? [] : [`${accepted} messages were accepted, and ${enqueued} are there`];
}

const isRefusedFor = (answer: string, winners: readonly Contender[]): boolean =>
  answer.startsWith('lost DATA_DIR_LOCKED ') &&
  winners.some(({ child }) => answer.includes(`(process ${child.process.pid})`));

const contenders = (count: number, env?: Readonly<Record<string, string>>): Contender[] =>
  Array.from({ length: count }, () => new Contender(env));

const missing = runs('flock', '--version') ? undefined : 'no flock';
const WITH_FLOCK = String(process.env.PATH);
const WITHOUT_FLOCK = '/nonexistent';
const PATHS = missing === undefined ? [WITH_FLOCK, WITHOUT_FLOCK] : [WITHOUT_FLOCK];

/** As long as it takes to start so many processes on a machine that has other things to do, in milliseconds. */
const TIMEOUT_MS = 600_000 + RACES * 60_000;

describe(`${RACES} races of ${STARTS} hubs for one data directory`, { timeout: TIMEOUT_MS }, () => {
  it(
    named('have one winner each, and lose nothing, with flock(1) and without', missing && `${missing}: without`),
    async () => {
      expect(await race(contenders(STARTS), RACES, PATHS)).toEqual([]);
    },
  );

  it('are noticed when they have several winners: with the lock switched off', async () => {
    const preload = pathToFileURL(fixture('no-lock')).href;
    const racing = contenders(STARTS_WITHOUT_LOCK, { NODE_OPTIONS: `--import=${preload}` });
    const problems: string[] = [];
    const several = /^race 1: \d+ winners$/;
    // Now and then all but one come across a file of another one's, and fail over that.
    for (let tries = 0; tries < CONTROL_TRIES && !problems.some((problem) => several.test(problem)); tries++) {
      problems.push(...(await race(racing, 1, PATHS)));
    }
    expect(problems).toContainEqual(expect.stringMatching(several));
  });
});
