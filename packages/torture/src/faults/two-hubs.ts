// Further hubs that are started, several at once, on the data directory of one that runs: each is refused, and the one that
// runs goes on.
import { ERRORS } from '@penstock/hub';
import type { Fault } from '../harness/fault.js';
import { JUDGED } from '../harness/scratch-project.js';

const RIVALS = 3;

/** How long a rival may take to find out, in milliseconds, beside the slack. */
const WITHIN_MS = 10_000;

export const twoHubs: Fault = {
  name: 'two-hubs',
  what: `${RIVALS} more hubs at once on the data directory of one that runs`,
  settings: { consumers: { strict: JUDGED.strict, keyed: JUDGED.keyed } },
  missing: () => undefined,
  async cycle(scene) {
    const { hub, producers, slackMs } = scene;
    const { pid } = await hub.running();
    producers.start();
    const refused = ERRORS.DATA_DIR_LOCKED.exitCode;
    for (const end of await hub.rivals(RIVALS, WITHIN_MS + slackMs)) {
      if (end?.code === refused) continue;
      const how = end === undefined ? 'did not end' : `ended with ${end.signal ?? `exit code ${end.code}`}`;
      scene.problem(`a rival ${how}, and was to end with exit code ${refused}`);
    }
    if ((await hub.running()).pid !== pid) scene.problem('the hub that ran has ended');
  },
};
