// Jumps of the wall clock by two hours, forth and back, while the hub runs. What waits for its retry waits as long as it was
// told to, by a clock that does not jump, and nothing is lost.
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, Scene } from '../harness/fault.js';
import { JUDGED, type ScratchProject } from '../harness/scratch-project.js';
import { idOf } from '../oracle/message.js';
import { type Delivery, readDeliveries } from '../oracle/notes.js';

/** What the wall clock is off by, in seconds. */
const OFFSETS = [-7_200, 0, 7_200] as const;

/** The wait that the consumer `later` asks for, in milliseconds. */
const WAIT_MS = 700;

/** How much earlier a timer may fire than it was set to, in milliseconds, by the rounding of clocks. */
const EARLY_MS = 5;

/** How much later a retry may come, in milliseconds, beside the slack: far less than the clock jumps by. */
const LATE_MS = 10_000;

/** Where Debian, Fedora and those who compile it themselves have the library. */
const LIBRARY_FOLDERS = ['/usr/lib', '/usr/lib64', '/usr/local/lib'];
const LIBRARY = 'faketime/libfaketimeMT.so.1';

export const clockJump: Fault = {
  name: 'clock-jump',
  what: 'jumps of the wall clock by two hours and more, forth and back, while the hub runs',
  settings: {
    consumers: {
      strict: JUDGED.strict,
      failing: JUDGED.failing,
      later: { module: 'retrying-later', sleepMs: WAIT_MS },
    },
  },
  missing: () => (libraryPath() === undefined ? 'no libfaketime' : undefined),
  environment(project) {
    setClock(project, 0);
    return {
      LD_PRELOAD: libraryPath() ?? '',
      FAKETIME_TIMESTAMP_FILE: clockFile(project),
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    };
  },
  async cycle({ hub, project, producers, random }) {
    await hub.running();
    producers.start();
    await producers.untilAccepted();
    for (const offset of [...random.shuffled(OFFSETS), 0]) {
      setClock(project, offset);
      await sleep(random.between(WAIT_MS / 2, 2 * WAIT_MS));
    }
  },
  judge(scene) {
    const first = new Map<string, Delivery>();
    for (const delivery of readDeliveries(scene.project.notesOf('later'))) {
      const asked = first.get(idOf(delivery));
      if (delivery.ending === 'failed') first.set(idOf(delivery), delivery);
      else if (asked !== undefined) judgeWait(scene, idOf(delivery), delivery.atMs - asked.atMs);
    }
  },
};

function judgeWait(scene: Scene, id: string, waitedMs: number): void {
  scene.figures.add('retryLateMs', waitedMs - WAIT_MS);
  const shown = waitedMs.toFixed(0);
  if (waitedMs < WAIT_MS - EARLY_MS) scene.problem(`later: ${id} came early, after ${shown} ms instead of ${WAIT_MS}`);
  if (waitedMs > WAIT_MS + LATE_MS + scene.slackMs) scene.problem(`later: ${id} came late, after ${shown} ms`);
}

const clockFile = ({ folder }: ScratchProject): string => join(folder, 'clock');

/** libfaketime reads the file whenever somebody asks for the time. */
function setClock(project: ScratchProject, offsetSeconds: number): void {
  writeFileSync(clockFile(project), `${offsetSeconds < 0 ? '' : '+'}${offsetSeconds}\n`);
}

/** The library for programs with threads, where this machine has it. */
function libraryPath(): string | undefined {
  for (const folder of LIBRARY_FOLDERS) {
    for (const place of ['.', ...namesIn(folder)]) {
      if (namesIn(join(folder, place, 'faketime')).includes('libfaketimeMT.so.1')) return join(folder, place, LIBRARY);
    }
  }
  return undefined;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
