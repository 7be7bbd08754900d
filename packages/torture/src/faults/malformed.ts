// Bytes that no well-meaning peer sends: at the ZeroMQ sockets before, in and after the handshake, and at the control socket.
// The hub goes on, its memory stays bounded, and what is sent properly beside it gets through.
import { controlSocketPath } from '@penstock/hub/control';
import type { Fault, Scene } from '../harness/fault.js';
import { JUDGED, type ScratchProject } from '../harness/scratch-project.js';
import type { Random } from '../random.js';
import { malformedRequest, malformedStream } from './malformed-bytes.js';
import { mebibytes, residentBytes } from './resident-memory.js';
import { sendAndLeave } from './stranger.js';

/** Connections at once, and in one cycle. */
const AT_ONCE = 20;
const IN_ONE_CYCLE = 200;

/** How much the hub's memory may grow beyond what it was after the first cycle, in bytes. */
const ALLOWED_GROWTH_BYTES = 256 * 1024 * 1024;

/** The largest message that the hub takes, so that larger ones are soon made. */
const MAX_MESSAGE_BYTES = 65_536;

/** The kinds of sockets, and what a peer says that it is to be let in. */
const SOCKETS = { pull: 'PUSH', subscribe: 'PUB', router: 'DEALER' } as const;

/** Where a hub of this project listens for what. */
const pathOf = (folder: string, kind: keyof typeof SOCKETS): string => `${folder}/${kind}`;

export const malformed: Fault = {
  name: 'malformed',
  what: 'random bytes and spoilt frames at the ZeroMQ sockets and at the control socket',
  settings: {
    consumers: { strict: JUDGED.strict, keyed: JUDGED.keyed },
    hub: { maxMessageBytes: MAX_MESSAGE_BYTES },
    // Paths start at the working directory of the hub, which is the project's folder.
    sockets: { pull: [{ bind: 'ipc://pull' }], subscribe: [{ bind: 'ipc://subscribe' }] },
  },
  missing: () => (process.platform === 'linux' ? undefined : 'no /proc'),
  async cycle(scene) {
    const { hub, project, producers, random, figures } = scene;
    const { pid } = await hub.running();
    producers.start();
    for (let sent = 0; sent < IN_ONE_CYCLE; sent += AT_ONCE) {
      const strangers = Array.from({ length: AT_ONCE }, () => stranger(project, random));
      const frames = await Promise.all(strangers);
      figures.add(
        'frames',
        frames.reduce((sum, count) => sum + count, 0),
      );
    }
    const after = await hub.running();
    if (after.pid !== pid) scene.problem('the hub has ended, and was started again');
    judgeMemory(scene, pid);
  },
};

/** One connection; returns how many frames, or requests, it has sent. */
function stranger(project: ScratchProject, random: Random): Promise<number> {
  const kind = random.pick([...(Object.keys(SOCKETS) as (keyof typeof SOCKETS)[]), 'control' as const]);
  if (kind === 'control') return sendAndLeave(controlSocketPath(project.dataDir), malformedRequest(random), random);
  return sendAndLeave(pathOf(project.folder, kind), malformedStream(SOCKETS[kind], random), random);
}

/** The figure's first value is what memory was after the first cycle. */
function judgeMemory(scene: Scene, pid: number): void {
  const bytes = residentBytes(pid);
  scene.figures.add('memoryMiB', bytes / 2 ** 20);
  const grown = bytes - scene.figures.first('memoryMiB') * 2 ** 20;
  if (grown > ALLOWED_GROWTH_BYTES) scene.problem(`the hub's memory has grown by ${mebibytes(grown)}`);
}
