// How much memory a process holds, as Linux tells it, and whether it grows with what the hub is given.
import { readFileSync } from 'node:fs';
import type { Scene } from '../harness/fault.js';

/** What a process held when so much had been accepted, in bytes. */
export interface MemorySample {
  readonly residentBytes: number;
  readonly acceptedBytes: number;
}

/** The beginning is not judged: code is compiled, buffers find their size. */
const WARM_UP_SHARE = 1 / 5;

/** Memory counts as flat when it grows by less than this part of what was accepted meanwhile … */
const MOST_GROWTH_SHARE = 0.25;

/** … and by no more than so many bytes however little that was: what a garbage collector may leave. */
const ALLOWED_GROWTH_BYTES = 32 * 1024 * 1024;

/** Resident bytes of a process; 0 when it is gone. */
export function residentBytes(pid: number): number {
  try {
    const [, kilobytes = '0'] = readFileSync(`/proc/${pid}/status`, 'utf8').match(/^VmRSS:\s+(\d+) kB$/m) ?? [];
    return Number(kilobytes) * 1_024;
  } catch {
    return 0;
  }
}

export const sampleMemory = (pid: number, acceptedBytes: number): MemorySample => ({
  residentBytes: residentBytes(pid),
  acceptedBytes,
});

/** Compares the mean of the second half of some samples with that of the first. */
export function judgeGrowth(scene: Scene, samples: readonly MemorySample[]): void {
  const judged = samples.slice(Math.floor(samples.length * WARM_UP_SHARE));
  const half = Math.floor(judged.length / 2);
  const [first, second] = [meanOf(judged.slice(0, half)), meanOf(judged.slice(half))];
  const grown = second.residentBytes - first.residentBytes;
  const came = second.acceptedBytes - first.acceptedBytes;
  scene.figures.add('memoryRatio', second.residentBytes / first.residentBytes);
  if (grown > Math.max(MOST_GROWTH_SHARE * came, ALLOWED_GROWTH_BYTES)) {
    scene.problem(`the hub's memory grew by ${mebibytes(grown)} while ${mebibytes(came)} came`);
  }
}

export const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;

function meanOf(samples: readonly MemorySample[]): MemorySample {
  const mean = (of: (sample: MemorySample) => number) =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / Math.max(1, samples.length);
  return { residentBytes: mean((each) => each.residentBytes), acceptedBytes: mean((each) => each.acceptedBytes) };
}
