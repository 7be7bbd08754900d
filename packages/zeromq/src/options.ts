// The one table of zeromq()'s options: types, defaults, checks and the text of docs/zeromq.md.
import { z } from 'zod';
import { checkSocket, count, curveShape, endpointShape, reconnectShape } from './socket-options.js';

const socketShape = {
  ...endpointShape(),
  receiveHighWaterMark: count(1, 1_000_000)
    .default(10_000)
    .describe(
      'Messages held for the hub for each connection. When so many wait, PUSH and DEALER peers wait too, and a PUB peer drops what its own send high-water mark does not hold.',
    ),
  maxMessageBytes: count(1, 268_435_456)
    .default(16_777_216)
    .describe(
      'The largest message taken, all frames together, in bytes. A larger one is rejected as `size`; a peer that sends a frame over twice that (and over 1 MiB) is disconnected.',
    ),
  ...reconnectShape(10_000),
  tcpKeepalive: z
    .boolean('must be true or false')
    .default(true)
    .describe('Have the system probe idle TCP connections, so that a vanished peer is noticed.'),
  tcpKeepaliveIdleSeconds: count(1, 32_767)
    .default(60)
    .describe('Idle time before the first keepalive probe, in seconds.'),
  tcpKeepaliveIntervalSeconds: count(1, 32_767).default(10).describe('Time between two keepalive probes, in seconds.'),
  tcpKeepaliveCount: count(1, 127)
    .default(6)
    .describe('Keepalive probes without an answer after which the connection is lost.'),
  heartbeatIntervalMs: count(0, 3_600_000)
    .default(0)
    .describe(
      'Time between two ZMTP heartbeats, in milliseconds; 0 for none. Both ends must know ZMTP 3.1 (libzmq 4.2 and newer).',
    ),
  heartbeatTimeoutMs: count(1, 3_600_000)
    .default(30_000)
    .describe('Time without an answer to a heartbeat after which the connection is lost, in milliseconds.'),
  countGaps: z
    .boolean('must be true or false')
    .optional()
    .describe(
      "Count what is missing from a publisher's sequence, where its messages have the headers `publisher` and `sequence`. By default on, and off for a SUB with prefixes, whose filter leaves gaps by design.",
    ),
  ...curveShape,
};

const subscribeSchema = z
  .strictObject(
    {
      ...socketShape,
      topics: z
        .array(z.string('must be the beginning of a topic'), 'must be a list of topic prefixes')
        .min(1, 'must have at least one prefix; [""] subscribes to everything')
        .default([''])
        .describe(
          "Beginnings of the topics subscribed to, compared byte by byte as ZeroMQ does (not the consumers' patterns); `['']` for all. What is published before the subscription has reached the publisher, some milliseconds after a connection stands, never comes (the slow joiner).",
        ),
    },
    'must be an object of socket options',
  )
  .superRefine(checkSocket);

const pullSchema = z.strictObject(socketShape, 'must be an object of socket options').superRefine(checkSocket);

const routerSchema = z
  .strictObject(
    {
      ...socketShape,
      sendHighWaterMark: count(1, 1_000_000)
        .default(10_000)
        .describe(
          'Replies held for each connection that does not read them. Beyond it they are dropped, with a line in the log, and their requests are to be sent again: a client keeps fewer requests than this unanswered.',
        ),
    },
    'must be an object of socket options',
  )
  .superRefine(checkSocket);

export const optionsSchema = z
  .strictObject(
    {
      name: z
        .string('must be a name')
        .regex(/^[A-Za-z0-9_.-]{1,64}$/, 'must be 1 to 64 letters, digits, "_", "." or "-"')
        .optional()
        .describe('Names the source in metrics and logs; `zeromq` by default.'),
      subscribe: z
        .array(subscribeSchema, 'must be a list of sockets')
        .default([])
        .describe('What to subscribe to (SUB). Best effort: ZeroMQ drops what a subscriber cannot keep up with.'),
      pull: z
        .array(pullSchema, 'must be a list of sockets')
        .default([])
        .describe(
          'What to pull from (PULL). Best effort: what lies in the buffers of ZeroMQ and the system when the hub fails is lost.',
        ),
      router: z
        .array(routerSchema, 'must be a list of sockets')
        .default([])
        .describe(
          'Where to take requests (ROUTER), each answered after its commit: nothing is lost when the client sends again what got no reply.',
        ),
    },
    'must be an object of options',
  )
  .superRefine(({ subscribe, pull, router }, context) => {
    if (subscribe.length + pull.length + router.length === 0) {
      context.addIssue({ code: 'custom', message: 'must have at least one entry in "subscribe", "pull" or "router"' });
    }
  });

/** What a user writes in `zeromq({ … })`. */
export interface ZeromqOptions extends z.input<typeof optionsSchema> {}

/** An entry of `subscribe` as a user writes it. */
export interface SubscribeOptions extends z.input<typeof subscribeSchema> {}

/** An entry of `pull` as a user writes it. */
export interface PullOptions extends z.input<typeof pullSchema> {}

/** An entry of `router` as a user writes it. */
export interface RouterOptions extends z.input<typeof routerSchema> {}

/**
 * One socket to open, with every default filled in: what the rest of the package works with. Each endpoint has
 * a socket of its own, so that one whose connection ZeroMQ gives up can be opened anew without touching others.
 */
export interface SocketPlan {
  readonly kind: 'SUB' | 'PULL' | 'ROUTER';
  /** Where in the options it stands, such as `pull[0]`. */
  readonly where: string;
  readonly how: 'bind' | 'connect';
  readonly endpoint: string;
  /** Prefixes that a SUB socket subscribes to. */
  readonly topics: readonly string[];
  /** Whether gaps in the sequences of publishers are counted. */
  readonly countGaps: boolean;
  readonly settings: SocketSettings;
}

type Entry = z.output<typeof pullSchema> & Partial<z.output<typeof routerSchema>>;

export type SocketSettings = Omit<Entry, 'connect' | 'bind' | 'countGaps'>;

/** The sockets that checked options ask for. */
export function planSockets({ subscribe, pull, router }: z.output<typeof optionsSchema>): SocketPlan[] {
  return [
    ...subscribe.flatMap(({ topics, ...entry }, at) => planEntry('SUB', `subscribe[${at}]`, topics, entry)),
    ...pull.flatMap((entry, at) => planEntry('PULL', `pull[${at}]`, [], entry)),
    ...router.flatMap((entry, at) => planEntry('ROUTER', `router[${at}]`, [], entry)),
  ];
}

function planEntry(
  kind: SocketPlan['kind'],
  where: string,
  topics: readonly string[],
  { connect, bind, countGaps = kind !== 'SUB' || topics.includes(''), ...settings }: Entry,
): SocketPlan[] {
  const how = bind === undefined ? 'connect' : 'bind';
  return [bind ?? connect ?? []]
    .flat()
    .map((endpoint) => ({ kind, where, how, endpoint, topics, countGaps, settings }));
}
