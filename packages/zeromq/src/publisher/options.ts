// The one table of zeromqPublisher()'s options: types, defaults, checks, and what docs/zeromq.md says of them. Loaded
// with the config; a publisher's thread needs it only where a JSON config gives options that nobody has checked yet.
import { parseOptions } from '@penstock/hub/source';
import { z } from 'zod';
import type { CurveSettings } from '../curve/options.js';
import { endpointProblem } from '../endpoint.js';
import { checkSocket, count, curveShape, endpointShape, reconnectShape } from '../socket-options.js';
import type { PublishingType } from './mechanism.js';

const flag = () => z.boolean('must be true or false');

/** What the system has room for; of a longer path Node would take the beginning, without a word. */
const MOST_PATH_BYTES = process.platform === 'linux' ? 107 : 103;

function problemOf(endpoint: string, how: 'bind' | 'connect'): string | undefined {
  if (endpoint.startsWith('inproc://')) return 'must be tcp:// or ipc://; within one hub use context.publish()';
  if (endpoint.startsWith('ipc://@')) return 'must be a path: names in the abstract namespace are not supported';
  if (endpoint.startsWith('ipc://') && Buffer.byteLength(endpoint) > MOST_PATH_BYTES + 'ipc://'.length) {
    return `must be a path of at most ${MOST_PATH_BYTES} bytes`;
  }
  return endpointProblem(endpoint, how);
}

const socketShape = { ...endpointShape(problemOf), ...reconnectShape(5_000), ...curveShape };

/** Options of `push`. */
const pushShape = {
  ...socketShape,
  inFlight: count(1, 10_000)
    .default(1_000)
    .describe(
      'Most messages on their way: sent, and not confirmed by the receiver. So many at most come twice when a connection is lost or the hub is killed.',
    ),
  confirm: flag()
    .default(true)
    .describe(
      'Settle a delivery when the receiver has answered a ZMTP PING sent after it (libzmq 4.2 and newer do). With `false` it is settled when the system has taken it, for receivers that do not know PING; what a receiver had not read when its connection ends is then lost.',
    ),
};

/** Options of `pub`. */
const pubShape = {
  ...socketShape,
  bufferBytes: count(65_536, 1_073_741_824)
    .default(1_048_576)
    .describe(
      'What may wait for one slow subscriber, in bytes, beside what the system holds: its high-water mark. Beyond it, PUB drops messages for that subscriber.',
    ),
  noDrop: flag()
    .default(false)
    .describe(
      'Wait for the slowest subscriber instead of dropping: the queue fills meanwhile, for all of them. Subscribers that are not connected still get nothing.',
    ),
};

const pushSchema = z.strictObject(pushShape, 'must be an object of socket options').superRefine(checkSocket);
const pubSchema = z.strictObject(pubShape, 'must be an object of socket options').superRefine(checkSocket);

const kinds = {
  push: pushSchema.optional().describe('Push to PULL sockets: each message to one of them, and none is lost.'),
  pub: pubSchema
    .optional()
    .describe(
      'Publish to SUB sockets: each message to all that subscribed to its topic. Best effort: who is not connected, or not yet (the slow joiner), gets nothing, and who is slow loses what is over `bufferBytes`.',
    ),
};

function checkKinds({ push, pub }: { push?: unknown; pub?: unknown }, context: z.RefinementCtx): void {
  if ((push === undefined) !== (pub === undefined)) return;
  context.addIssue({ code: 'custom', message: 'must have exactly one of "push" and "pub"' });
}

/** `options` of a JSON config. */
const optionsSchema = z.strictObject(kinds, 'must be an object of options').superRefine(checkKinds);

/** What `zeromqPublisher()` takes. */
export const publisherSchema = z
  .strictObject(
    {
      ...kinds,
      topics: z
        .array(z.string('must be a topic pattern'), 'must be a list of topic patterns')
        .min(1, 'must have at least one topic pattern')
        .describe('Patterns of the topics that are published, as of any consumer.'),
      startFrom: z
        .enum(['new', 'earliest'], 'must be "new" or "earliest"')
        .optional()
        .describe('Where its queue begins when it is first seen, as of any consumer.'),
    },
    'must be an object of options',
  )
  .superRefine(checkKinds);

/** What a user writes in `zeromqPublisher({ … })`. */
export type ZeromqPublisherOptions = z.input<typeof publisherSchema>;

/** What a publisher's thread is handed: checked, every default filled in, plain data. */
export interface PublisherPlan {
  readonly type: PublishingType;
  readonly how: 'bind' | 'connect';
  readonly endpoints: readonly string[];
  readonly reconnectIntervalMs: number;
  readonly reconnectMaxIntervalMs: number;
  /** Over PUSH: most messages that are sent and not confirmed. */
  readonly inFlight: number;
  readonly confirm: boolean;
  readonly noDrop: boolean;
  readonly bufferBytes: number;
  readonly curve: CurveSettings | undefined;
}

/** A PUB settles each delivery when it is sent: nothing is in flight that a second one could overlap with. */
const PUB_CONCURRENCY = 1;

/** What waits for the system on one PUSH connection; the rest waits in the queue. */
const PUSH_BUFFER_BYTES = 262_144;

/** The plan that checked options ask for. */
export function planPublisher({ push, pub }: z.output<typeof optionsSchema>): PublisherPlan {
  const socket = push ?? pub;
  if (socket === undefined) throw new TypeError('options without push and pub were not checked');
  const { connect, bind, reconnectIntervalMs, reconnectMaxIntervalMs, curve } = socket;
  return {
    type: push === undefined ? 'PUB' : 'PUSH',
    how: bind === undefined ? 'connect' : 'bind',
    endpoints: [bind ?? connect ?? []].flat(),
    reconnectIntervalMs,
    reconnectMaxIntervalMs,
    inFlight: push?.inFlight ?? PUB_CONCURRENCY,
    confirm: push?.confirm ?? false,
    noDrop: pub?.noDrop ?? false,
    bufferBytes: pub?.bufferBytes ?? PUSH_BUFFER_BYTES,
    curve,
  };
}

/**
 * Checks the `options` that a JSON config gives to `@penstock/zeromq/publisher`.
 *
 * @param where How messages name them.
 * @throws CONFIG_INVALID with one line for each problem.
 */
export function planOptions(options: unknown, where: string): PublisherPlan {
  return planPublisher(parseOptions(optionsSchema, options, where));
}
