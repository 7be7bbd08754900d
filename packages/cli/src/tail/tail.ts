// `hub tail`: shows messages as they are committed. It reads them from the journal's files, and has the hub say no
// more than how far it is; so no queue is touched, and no segment is kept for it.
import { setImmediate as turn } from 'node:timers/promises';
import { compilePatterns } from '@penstock/hub/control';
import { interruption } from '../command/interruption.js';
import type { From } from '../command/journal-place.js';
import type { RunningHubOptions } from '../command/options.js';
import { locateHub } from '../command/running-hub.js';
import { UsageError } from '../failure.js';
import { createReport } from '../report.js';
import { formatBytes } from '../table/format.js';
import { lookOf } from '../table/look.js';
import { committedJournal, type Readable } from './committed-journal.js';
import { LinesOut } from './lines-out.js';
import { fullMessage, messageJson, messageLine, type RenderMessage } from './render-message.js';

export interface TailOptions extends RunningHubOptions {
  readonly json?: boolean;
  readonly full?: boolean;
  readonly from?: From;
  /** Most messages to show. */
  readonly limit?: number;
  /** Whether to go on with what comes. */
  readonly follow: boolean;
}

/** Messages looked at before signals get their turn. */
const MESSAGES_PER_TURN = 1_000;

/**
 * Shows messages until Ctrl-C, until the limit is reached, or until whoever reads has seen enough; none is an error.
 *
 * @param patterns Topic patterns; all messages when there are none.
 * @throws TOPIC_PATTERN_INVALID; HUB_UNREACHABLE; what keeps the config from being read, unless the data directory is
 *   given; UsageError.
 */
export async function tail(patterns: readonly string[], options: TailOptions): Promise<void> {
  if (!options.follow && options.from === undefined) {
    throw new UsageError('--no-follow shows nothing without --from, since it does not wait for new messages');
  }
  const matches = patterns.length === 0 ? () => true : compilePatterns(patterns);
  const { dataDir } = await locateHub(options);
  const signal = interruption();
  const { info: say } = createReport('text');
  const out = new LinesOut(signal);
  const render = renderer(options);
  let left = options.limit ?? Number.POSITIVE_INFINITY;

  /** Shows what is new in a journal. */
  const show = async ({ journal, end }: Readable): Promise<void> => {
    let seen = 0;
    for (const each of journal.read(end)) {
      if (each.kind === 'unseen') {
        await out.flush();
        say(
          `${formatBytes(each.to - each.from)} passed by unseen: positions ${each.from} to ${each.to} are gone or damaged`,
        );
        continue;
      }
      if (matches(each.message.topic)) {
        out.add(render(each.message));
        if (--left === 0) break;
      }
      if (++seen % MESSAGES_PER_TURN === 0 || out.full) {
        await out.flush();
        await turn();
        if (signal.aborted) break;
      }
    }
    await out.flush();
  };

  for await (const readable of committedJournal({ dataDir, from: options.from, follow: options.follow, signal, say })) {
    await show(readable);
    if (left === 0 || signal.aborted) break;
  }
}

function renderer({ json, full }: TailOptions): RenderMessage {
  if (json === true) return messageJson;
  const look = lookOf();
  return (message) => (full === true ? fullMessage : messageLine)(message, look);
}
