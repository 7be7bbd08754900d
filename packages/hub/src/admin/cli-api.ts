// What the `hub` command imports, as `@penstock/hub/control`.
import type { ResolvedConfig } from '../config.js';

export { type LetterFilter, type LetterPage, type ListedLetter, reasonName } from '../dead-letters/letter-search.js';
export { countedEntries } from '../integrity/audit.js';
export type { Finding } from '../integrity/fsck/finding.js';
export { type FsckReport, fsck } from '../integrity/fsck/fsck.js';
export type { HubSnapshot } from '../telemetry/snapshot.js';
export { compilePatterns } from '../topic.js';
export { askToPause, askToResume, type PausedConsumer, type ResumedConsumer } from './consumer-routes.js';
export { ControlClient, type ControlClientOptions } from './control-client.js';
export { controlSocketPath } from './control-socket.js';
export { followCommits, type JournalHead } from './journal-routes.js';
export type { OutgoingMessage } from './message-frames.js';
export { type CommittedMessage, type Published, publishMessages, REQUEST_BYTES } from './publish-routes.js';
export { type AuditResult, auditDirectory, type DirectoryAudit } from './queues/audit-access.js';
export {
  DeadLetterAccess,
  type LettersChanged,
  type ShownLetter,
  type UnreadableLetter,
} from './queues/dead-letter-access.js';
export { type EntryPlace, QueueAccess, type QueueDetail, type QueueSummary } from './queues/queue-access.js';
export { countedLetters, countedMessages, wouldBeLost } from './queues/queue-errors.js';
export type { KeptSegment } from './queues/queue-files.js';
export type { RemovedQueue } from './queues/standing.js';
export type { UnreadableMessage, WaitingMessage } from './queues/waiting-messages.js';
export {
  askToStopReplay,
  followReplay,
  type ReplayPlace,
  type ReplayProgress,
  type ReplayReport,
  type ReplayWish,
} from './replay-routes.js';
export { type Stored, StoredJournal, type StoredMessage } from './stored-journal.js';

/**
 * Checks a config and fills in its defaults. The table of options is loaded only now: it takes 100 ms, which
 * commands that need no config are spared.
 *
 * @param where How messages name it, such as `hub.config.ts`.
 * @throws CONFIG_INVALID, one line for each problem; TOPIC_PATTERN_INVALID when only patterns are wrong.
 */
export async function parseConfig(config: unknown, where: string): Promise<ResolvedConfig> {
  const { parseConfig: parse } = await import('../config.js');
  return parse(config, where);
}
