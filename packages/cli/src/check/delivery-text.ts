// How a consumer's messages are delivered, as far as its settings are not those that every consumer has: a line of
// text for each, in the words of the config.
import type { TopologyConsumer } from '@penstock/hub';
import { formatBytes, formatCount, formatDuration } from '../table/format.js';

type Setting = TopologyConsumer['changed'][number];

const ms = (duration: number): string => formatDuration(duration / 1_000);

/** What has a column of its own in the table is not here. */
const TEXTS: Partial<Record<Setting, (consumer: TopologyConsumer) => string>> = {
  order: ({ order, orderKey }) => {
    if (order === 'strict') return 'strict order: one that fails holds up the rest';
    return `order by key: ${orderKey !== undefined && 'header' in orderKey ? `header "${orderKey.header}"` : `topic token ${orderKey?.topicToken}`}`;
  },
  retry: ({ retry: { maxAttempts, backoff } }) => {
    const { initialMs, maxMs, factor, jitter } = backoff;
    const percent = Math.round(jitter * 100);
    return `${formatCount(maxAttempts)} ${maxAttempts === 1 ? 'attempt' : 'attempts'}, waits from ${ms(initialMs)} to ${ms(maxMs)} (× ${factor}, jitter ${percent} %)`;
  },
  maxRetrying: ({ maxRetrying }) => `at most ${formatCount(maxRetrying)} wait for a retry`,
  timeoutMs: ({ timeoutMs = 0 }) => `a delivery fails after ${ms(timeoutMs)}`,
  rateLimit: ({ rateLimit }) =>
    `at most ${formatCount(rateLimit?.messages ?? 0)} deliveries begin in ${ms(rateLimit?.perMs ?? 0)}`,
  maxBatch: ({ maxBatch }) => `batches of up to ${formatCount(maxBatch)}`,
  maxWaitMs: ({ maxWaitMs }) => `a batch waits up to ${ms(maxWaitMs)} for more`,
  maxBacklog: ({ maxBacklog, whenFull }) => {
    const bounds = [
      ...(maxBacklog?.messages === undefined ? [] : [`${formatCount(maxBacklog.messages)} messages`]),
      ...(maxBacklog?.bytes === undefined ? [] : [formatBytes(maxBacklog.bytes)]),
    ];
    return `a backlog of at most ${bounds.join(' or ')}, then ${whenFull}`;
  },
  isolation: () => 'in a process of its own',
  maxCrashes: ({ maxCrashes }) =>
    `a dead letter after ${formatCount(maxCrashes)} ${maxCrashes === 1 ? 'crash' : 'crashes'}`,
  stallMs: ({ stallMs }) => `told of when it blocks for ${ms(stallMs)}`,
  killAfterMs: ({ killAfterMs }) =>
    killAfterMs === false ? 'never ended, however long it blocks' : `ended when it blocks for ${ms(killAfterMs)}`,
  maxMemoryMb: ({ maxMemoryMb }) => `at most ${formatCount(maxMemoryMb ?? 0)} MiB of heap a thread`,
};

/** `strict order: …`, `at most 10 deliveries begin in 1.0 s`; empty where all is as by default. */
export function deliveryTexts(consumer: TopologyConsumer): string[] {
  return consumer.changed.map((setting) => TEXTS[setting]?.(consumer)).filter((text) => text !== undefined);
}
