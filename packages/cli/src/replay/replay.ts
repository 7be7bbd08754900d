// `hub replay`: has a running hub put messages of the journal into a consumer's queue again, shows how far it is, and
// ends it in order when a signal comes.
import { PenstockError } from '@penstock/hub';
import {
  askToStopReplay,
  type ControlClient,
  countedMessages,
  followReplay,
  type ReplayPlace,
  type ReplayProgress,
  type ReplayReport,
  type ReplayWish,
} from '@penstock/hub/control';
import { doneInTime, type Interruption, interruption, signalExitCode } from '../command/interruption.js';
import type { From, Place, To } from '../command/journal-place.js';
import type { RunningHubOptions } from '../command/options.js';
import { runningHub } from '../command/running-hub.js';
import { withProgress } from '../progress/progress.js';
import { createReport } from '../report.js';
import { formatBytes } from '../table/format.js';
import { printable } from '../table/text.js';

export interface ReplayCommandOptions extends RunningHubOptions {
  readonly from: From;
  readonly to: To;
  readonly topic?: readonly string[];
  readonly json?: boolean;
}

/**
 * Replays until all is in the queue, or a signal comes.
 *
 * @returns The exit code: 0, or that of the signal.
 * @throws HUB_UNREACHABLE, CONSUMER_NOT_FOUND, JOURNAL_RANGE_INVALID, TOPIC_PATTERN_INVALID, REPLAY_RUNNING, DISK_LIMIT,
 *   DATA_DAMAGED, JOURNAL_FAILED; HUB_NOT_RUNNING also when the hub stops in the middle.
 */
export async function replay(consumer: string, options: ReplayCommandOptions): Promise<number> {
  const client = await runningHub(options);
  const signal = interruption();
  const wish = { consumer, from: fromOf(options.from), to: toOf(options.to), topics: options.topic };
  const report = await replayed(client, wish, signal);
  const { info: say } = createReport('text');
  if (report.isLate)
    say('the journal no longer holds where this was to begin: it began with the oldest message there is');
  if (report.unseenBytes > 0) {
    say(`${formatBytes(report.unseenBytes)} of the range are not in the journal any more, or cannot be read`);
  }
  process.stdout.write(`${options.json === true ? JSON.stringify(report) : reportText(report)}\n`);
  if (report.isComplete) return 0;
  const reason = signal.reason as Interruption | undefined;
  if (reason === undefined) {
    const message = `the hub stopped, or somebody ended the replay; go on with --from ${report.through}`;
    throw new PenstockError('HUB_NOT_RUNNING', message);
  }
  return typeof reason === 'string' ? signalExitCode(reason) : 0;
}

/** Ends it in order when a signal comes; if the hub says no more of it, by going. */
async function replayed(client: ControlClient, wish: ReplayWish, signal: AbortSignal): Promise<ReplayReport> {
  let now: ReplayProgress | undefined;
  const gone = new AbortController();
  const following = withProgress(
    `replaying into "${printable(wish.consumer)}"`,
    () =>
      followReplay(client, wish, gone.signal, (progress) => {
        now = progress;
      }),
    { line: (seconds) => progressText(wish.consumer, now, seconds) },
  );
  signal.addEventListener('abort', async () => {
    // That it cannot be told to end is seen by whoever waits for its end.
    const ending = askToStopReplay(client, wish.consumer).then(() => following);
    if (
      !(await doneInTime(
        ending.catch(() => {}),
        signal,
      ))
    )
      gone.abort();
  });
  return following;
}

/** `1,200 messages replayed into "badges", 12.0 MiB of 64.0 MiB searched (18%), through position 1234, 8.0 MiB/s` */
export function progressText(consumer: string, progress: ReplayProgress | undefined, seconds: number): string {
  if (progress === undefined) return 'looking for where to begin in the journal';
  const { from, to, through, replayed } = progress;
  const percent = to === from ? 100 : Math.floor(((through - from) / (to - from)) * 100);
  return [
    `${countedMessages(replayed)} replayed into "${printable(consumer)}"`,
    `${formatBytes(through - from)} of ${formatBytes(to - from)} searched (${percent}%)`,
    `through position ${through}`,
    `${formatBytes((through - from) / seconds)}/s`,
  ].join(', ');
}

/** `1,200 messages replayed into "badges", of positions 0 to 1234` */
export function reportText({ consumer, from, to, through, replayed, isComplete }: ReplayReport): string {
  const range = isComplete ? `of positions ${from} to ${to}` : `ended at position ${through} of ${to}`;
  const goOn = isComplete ? '' : `; go on with --from ${through}`;
  return `${countedMessages(replayed)} replayed into "${printable(consumer)}", ${range}${goOn}`;
}

const fromOf = (from: From): ReplayWish['from'] => (from.kind === 'earliest' ? 'earliest' : placeOf(from));

const toOf = (to: To): ReplayWish['to'] => (to.kind === 'now' ? 'now' : placeOf(to));

function placeOf(place: Place): ReplayPlace {
  return place.kind === 'position' ? { position: place.position } : { time: new Date(place.timeMs).toISOString() };
}
