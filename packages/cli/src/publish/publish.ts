// `hub publish`: sends messages to a running hub, or to a ZeroMQ endpoint, and says what became of them.
import { ControlClient } from '@penstock/hub/control';
import { doneInTime, type Interruption, interruption, signalExitCode } from '../command/interruption.js';
import type { RunningHubOptions } from '../command/options.js';
import { locateHub } from '../command/running-hub.js';
import { UsageError } from '../failure.js';
import { withProgress } from '../progress/progress.js';
import { createReport } from '../report.js';
import { formatCount } from '../table/format.js';
import { type Bodies, lines, repeated, standardInput, whole } from './bodies.js';
import { EndpointTarget } from './endpoint-target.js';
import { HubTarget } from './hub-target.js';
import { Outcome } from './outcome.js';
import { paced } from './pace.js';
import { Requests } from './requests.js';
import type { Target } from './target.js';

export interface PublishOptions extends RunningHubOptions {
  readonly header?: Readonly<Record<string, string>>;
  readonly id?: string;
  /** How often the message is published; once when undefined. */
  readonly count?: number;
  /** Messages a second; as fast as it goes when undefined. */
  readonly rate?: number;
  readonly lines?: boolean;
  readonly json?: boolean;
  /** A ZeroMQ endpoint, instead of a running hub. */
  readonly to?: string;
  readonly acknowledged?: boolean;
  /** How long the other end may take to be there, to answer, or to have room, in seconds. */
  readonly timeout: number;
}

/**
 * Publishes, until all is sent or a signal comes.
 *
 * @param body The body; `-` for standard input, undefined for an empty one.
 * @returns The exit code: 0, or that of the signal.
 * @throws HUB_UNREACHABLE, ENDPOINT_UNREACHABLE, MESSAGE_REFUSED, MESSAGE_TOO_LARGE, HUB_NOT_RUNNING, JOURNAL_FAILED;
 *   QUEUE_FULL, DISK_LIMIT when the hub had no room for as long as the timeout;
 *   UsageError; what keeps the config from being read, where it is needed.
 */
export async function publish(topic: string, body: string | undefined, options: PublishOptions): Promise<number> {
  check(body, options);
  const signal = interruption();
  const target = await targetOf(options, signal);
  const outcome = new Outcome(target.outcome);
  const report = createReport('text');
  const requests = new Requests(topic, options);
  const progressing = { total: options.lines === true ? undefined : options.count, waitsFor: () => target.waitsFor };
  let isAllTold = true;
  try {
    const bodies = await bodiesOf(body, options, requests.most, signal);
    const going = options.rate === undefined ? bodies : paced(bodies, options.rate, signal);
    await withProgress(
      `messages ${target.outcome}`,
      async (progress) => {
        progress.update(0);
        for await (const group of going) {
          for (const messages of requests.of(group)) {
            const sending = target.send(messages, (place) => progress.update(outcome.note(place)));
            isAllTold = await doneInTime(sending, signal);
            if (signal.aborted) return;
          }
        }
      },
      progressing,
    );
    isAllTold = (await doneInTime(target.close(), signal)) && isAllTold;
  } catch (error) {
    if (outcome.messages > 0) report.error(`${outcome.counted} before this:`);
    // What is on its way still may get there; that it does not is no news.
    await target.close().catch(() => {});
    throw error;
  }
  const reason = signal.reason as Interruption | undefined;
  if (reason !== undefined) {
    const unknown = isAllTold ? '' : '; what was under way may have got there or not';
    report.info(`interrupted: ${outcome.counted}${options.count ? ` of ${formatCount(options.count)}` : ''}${unknown}`);
  }
  process.stdout.write(`${options.json === true ? outcome.json() : outcome.text()}\n`);
  return typeof reason === 'string' ? signalExitCode(reason) : 0;
}

function check(body: string | undefined, options: PublishOptions): void {
  const { lines, count, to, acknowledged, dataDir, config, id, header } = options;
  const problems: [boolean, string][] = [
    [
      lines === true && body !== undefined && body !== '-',
      '--lines takes the bodies from standard input; leave BODY out',
    ],
    [lines === true && count !== undefined, '--lines publishes each line once; leave --count out'],
    [acknowledged === true && to === undefined, '--acknowledged goes with --to: a hub always acknowledges'],
    [to !== undefined && (dataDir ?? config) !== undefined, 'give either --to or a hub, by --data-dir or --config'],
    [id !== undefined && header?.id !== undefined, 'the header "id" and --id are the same thing; give one of them'],
  ];
  const problem = problems.find(([wrong]) => wrong);
  if (problem !== undefined) throw new UsageError(problem[1]);
}

async function targetOf(options: PublishOptions, signal: AbortSignal): Promise<Target> {
  const timeoutMs = options.timeout * 1_000;
  if (options.to !== undefined) {
    return EndpointTarget.connect({ endpoint: options.to, timeoutMs, acknowledged: options.acknowledged === true });
  }
  const { dataDir } = await locateHub(options);
  return new HubTarget(ControlClient.forDataDir(dataDir, { timeoutMs }), signal, timeoutMs);
}

async function bodiesOf(
  body: string | undefined,
  { lines: eachLine, count = 1 }: PublishOptions,
  most: (bodyBytes: number) => number,
  signal: AbortSignal,
): Promise<Bodies> {
  if (eachLine === true) return lines(standardInput(signal));
  const bytes = body === '-' ? await whole(standardInput(signal)) : Buffer.from(body ?? '');
  return signal.aborted ? repeated(bytes, 0, 1) : repeated(bytes, count, most(bytes.byteLength));
}
