// What the hub's log and events tell of threads that block their event loops.
import type { HubEmitter } from './hub-emitter.js';
import type { HubLog } from './telemetry/log.js';
import type { StalledThread } from './telemetry/snapshot.js';
import { seconds, stallText, withMessage } from './telemetry/stall-text.js';
import type { StallsEvents } from './thread/stalls.js';

/** For the events of a consumer's threads. */
export function tellOfStalls(
  consumer: string,
  { events, log }: { readonly events: HubEmitter; readonly log: HubLog },
): StallsEvents & { stuck(threadIndex: number): void } {
  const thread = (index: number) => `consumer "${consumer}", thread ${index}`;
  const fieldsOf = ({ position, topic }: StalledThread) => ({ position, topic });
  return {
    stalled(stall) {
      log.error(`consumer "${consumer}" is stalled: ${stallText(stall)}`, {
        code: 'CONSUMER_STALLED',
        ...fieldsOf(stall),
      });
      events.emit('consumer:stalled', { consumer, ...stall });
    },
    recovered(stall) {
      const message = `its event loop turns again, after ${seconds(stall.forMs)}${withMessage(stall)}`;
      log.info(`${thread(stall.threadIndex)}: ${message}`, fieldsOf(stall));
      events.emit('consumer:recovered', { consumer, ...stall });
    },
    stuck(threadIndex) {
      log.error(
        `${thread(threadIndex)}: it is inside a call that does not return, such as execSync() or the read of a pipe, and cannot be ended; it keeps its memory until the call returns or the hub's process ends; with isolation: "process" it could be ended`,
      );
    },
  };
}
