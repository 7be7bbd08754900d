// Loads a consumer's module and checks that its default export is a class with consume().
import { pathToFileURL } from 'node:url';
import type { Consumer, ConsumerContext } from '../../consumer.js';
import { PenstockError } from '../../errors.js';

/** A consumer class as this code uses it. */
export interface ConsumerClass {
  new (): Consumer;
  readonly name: string;
  readonly topics?: unknown;
  readonly threads?: unknown;
  readonly concurrency?: unknown;
  readonly startFrom?: unknown;
  readonly options?: unknown;
}

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
    const missing = (cause as { code?: unknown } | null)?.code === 'ERR_MODULE_NOT_FOUND';
    throw failed(
      `its module ${missing ? 'or something it imports is missing' : 'threw while it was loaded'}: ${messageOf(cause)}`,
      cause,
    );
  }
  const exported = module.default;
  if (typeof exported !== 'function') throw failed('its module has no class as default export');
  if (typeof (exported.prototype as { consume?: unknown } | undefined)?.consume !== 'function') {
    throw failed(`its default export "${exported.name}" has no method consume()`);
  }
  return exported as unknown as ConsumerClass;
}

function messageOf(thrown: unknown): string {
  return (thrown instanceof Error ? thrown.message : String(thrown)).split('\n')[0] as string;
}

/** Calls a consumer's open(), drain() or close(), if it has it. */
export async function callHook(
  consumer: Consumer,
  hook: 'open' | 'drain' | 'close',
  context: ConsumerContext,
): Promise<void> {
  await consumer[hook]?.(context);
}
