// Loads a consumer's module and checks that its default export is a class with consume().
import { pathToFileURL } from 'node:url';
import type { BatchConsumer, Consumer, ConsumerSettings } from '../../consumer.js';
import type { ConsumerContext } from '../../consumer-context.js';
import { PenstockError, toErrorData } from '../../errors.js';

/** Statics of a consumer class that are settings. */
export const CONSUMER_STATICS = [
  'topics',
  'threads',
  'concurrency',
  'startFrom',
  'order',
  'orderKey',
  'retry',
  'maxRetrying',
  'timeoutMs',
  'rateLimit',
  'maxBatch',
  'maxWaitMs',
  'maxBacklog',
  'whenFull',
  'isolation',
  'maxCrashes',
  'stallMs',
  'killAfterMs',
  'maxMemoryMb',
  'options',
] as const satisfies readonly (keyof ConsumerSettings)[];

/** A consumer class as this code uses it. */
export interface ConsumerClass extends Readonly<Partial<Record<(typeof CONSUMER_STATICS)[number], unknown>>> {
  new (): Consumer | BatchConsumer;
  readonly name: string;
}

/** Whether a class takes many messages at once. */
export const isBatch = (loaded: ConsumerClass): boolean => 'consumeBatch' in (loaded.prototype as object);

/**
 * @param consumer The consumer's name, for messages.
 * @param url URL or absolute path of its module.
 * @throws CONSUMER_LOAD_FAILED saying what is wrong with the module.
 */
export async function loadConsumer(consumer: string, url: string): Promise<ConsumerClass> {
  const failed = (why: string, cause?: unknown) =>
    new PenstockError('CONSUMER_LOAD_FAILED', `consumer "${consumer}": ${why}`, { cause });
  let module: { default?: unknown };
  try {
    module = (await import(url.includes('://') ? url : pathToFileURL(url).href)) as { default?: unknown };
  } catch (cause) {
    const missing = toErrorData(cause).code === 'ERR_MODULE_NOT_FOUND';
    throw failed(
      `its module ${missing ? 'or something it imports is missing' : 'threw while it was loaded'}: ${messageOf(cause)}`,
      cause,
    );
  }
  const exported = module.default;
  if (typeof exported !== 'function') throw failed('its module has no class as default export');
  const { consume, consumeBatch } = (exported.prototype ?? {}) as { consume?: unknown; consumeBatch?: unknown };
  const [single, batch] = [typeof consume === 'function', typeof consumeBatch === 'function'];
  if (!single && !batch)
    throw failed(`its default export "${exported.name}" has no method consume() or consumeBatch()`);
  if (single && batch) {
    throw failed(`its default export "${exported.name}" has consume() and consumeBatch(); leave one of them out`);
  }
  return exported as unknown as ConsumerClass;
}

function messageOf(thrown: unknown): string {
  return toErrorData(thrown).message.split('\n')[0] as string;
}

/** Calls a consumer's open(), drain() or close(), if it has it. */
export async function callHook(
  consumer: Consumer | BatchConsumer,
  hook: 'open' | 'drain' | 'close',
  context: ConsumerContext,
): Promise<void> {
  await consumer[hook]?.(context);
}
