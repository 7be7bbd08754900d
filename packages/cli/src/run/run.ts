// `hub run`: a hub from start to stop in this process, whether or not a supervisor has started that.
import { createHub, type Hub } from '@penstock/hub';
import { parseConfig } from '@penstock/hub/control';
import { compileModule, stopCompiler } from '../compile/compile.js';
import { loadConfig } from '../config/load-config.js';
import { exitCodeOf, failureLines } from '../failure.js';
import { killNow } from '../leave.js';
import { createReport, type Report } from '../report.js';
import { type Ending, firstEnding } from './ending.js';
import { onlyNames } from './only.js';
import { startSummary } from './start-summary.js';
import { supervisorLink } from './supervised/link.js';

export interface RunOptions {
  readonly config?: string;
  readonly only?: string;
  readonly verbose?: boolean;
  /** False for a hub that is not to be a supervisor's, whoever has started it. */
  readonly supervise: boolean;
  /** After how many seconds without a sign of life its supervisor is to start it again. */
  readonly stuckAfter: number;
}

/** A start that takes longer than this, in milliseconds, says that it is under way. */
const SLOW_START_MS = 1_000;

/** A thread that cannot be ended keeps the process for good: so long, in milliseconds, for what is said last to be out. */
const LAST_WORDS_MS = 100;

/** How long stopping may take beyond `drainTimeoutMs`, in milliseconds, before the process is ended by force. */
const STOP_GRACE_MS = 10_000;

/**
 * Runs a hub until a signal, a failure or a consumer's `Halt` with an exit code ends it.
 *
 * @returns The exit code.
 * @throws What keeps the hub from starting.
 */
export async function run(options: RunOptions): Promise<number> {
  const link = options.supervise ? supervisorLink() : undefined;
  link?.tell({ type: 'asked', stuckAfterMs: options.stuckAfter * 1_000 });
  const { config, baseDir, where } = await loadConfig(options.config);
  const { log, drainTimeoutMs } = await parseConfig(config, where);
  const stopWithinMs = drainTimeoutMs + STOP_GRACE_MS;
  link?.tell({ type: 'configured', stopWithinMs, logFormat: log.format });
  const only = onlyNames(options.only, config, where);
  const report = createReport(log.format);
  const supervisor = link && { pid: link.start.supervisorPid, restarts: link.start.restarts };
  const environment = { baseDir, where, compileModule, ...(only && { only }), ...(supervisor && { supervisor }) };
  const hub = await createHub(config, environment);

  const ending = firstEnding(hub, report, options.verbose === true, link);
  const ready = new Promise<void>((resolve) => hub.on('hub:ready', resolve));
  const slow = setTimeout(
    () => report.info('starting: loads the consumers, then opens the data directory'),
    SLOW_START_MS,
  );
  const started = hub.start().finally(() => {
    clearTimeout(slow);
    return stopCompiler();
  });
  const early = await Promise.race([started, ending]);
  if (early === undefined) {
    for (const line of startSummary(hub.snapshot(), where, hub.httpUrl, link?.start)) report.info(line);
    void ready.then(() => {
      link?.tell({ type: 'started' });
      report.info('ready');
    });
  } else {
    // It is to end before it has started; stop() waits for the start, whatever becomes of it.
    started.catch(() => {});
  }

  return end(hub, await ending, stopWithinMs, report, options.verbose === true);
}

async function end(hub: Hub, ending: Ending, withinMs: number, report: Report, verbose: boolean): Promise<number> {
  const overdue = setTimeout(() => {
    report.error(`not stopped within ${withinMs} ms: ends by force; what is queued stays queued`);
    killNow();
  }, withinMs);
  try {
    await hub.stop();
    for (const line of remaining(hub)) report.info(line);
    if (hub.stuck) setTimeout(killNow, LAST_WORDS_MS).unref();
    return exitCodeAfter(ending);
  } catch (error) {
    for (const line of failureLines(error, verbose)) report.error(line);
    return exitCodeOf(ending.kind === 'error' ? ending.error : error);
  } finally {
    clearTimeout(overdue);
  }
}

/** Of a stop in order. */
function exitCodeAfter(ending: Ending): number {
  if (ending.kind === 'halt') return ending.exitCode;
  return ending.kind === 'error' ? exitCodeOf(ending.error) : 0;
}

function remaining(hub: Hub): string[] {
  const { consumers, durable } = hub.snapshot();
  const fate = durable ? 'queued' : 'undelivered and go with the ephemeral data directory';
  return consumers.map(({ consumer, backlog }) => {
    const messages = backlog === 1 ? '1 message remains' : `${backlog} messages remain`;
    return `${consumer}: ${messages} ${fate}`;
  });
}
