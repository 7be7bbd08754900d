// From the config's consumers to what the hub runs: finds and compiles each module, asks its class for its
// statics, and lays the config over them. Opens nothing, so a check of a config can use it as well.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { serialize } from 'node:v8';
import { z } from 'zod';
import type { ConsumerConfig } from './config.js';
import type { ConsumerSettings, Isolation } from './consumer.js';
import { CONSUMER_DEFAULTS, consumerSettingsShape } from './consumer-settings.js';
import { PenstockError } from './errors.js';
import { parseOptions } from './options.js';
import { ENTRIES_PER_READ } from './queue/index-reader.js';
import type { QueueShape } from './queue/shared.js';
import { probeConsumers } from './thread/probe/probe.js';
import type { ProbedClass } from './thread/probe/protocol.js';
import type { DeliverySettings } from './thread/protocol.js';

/** A consumer, ready to be run. */
export interface ConsumerSpec extends ConsumerSettings {
  readonly name: string;
  /** Name of its class; empty for one without a name. */
  readonly className: string;
  /** Whether its class has `consumeBatch`. */
  readonly batch: boolean;
  /** URL of plain JavaScript. */
  readonly moduleUrl: string;
}

/** What the shared memory of a consumer's queue is made for. @param runs Whether its threads are to run. */
export function shapeOf(spec: ConsumerSpec, runs: boolean): QueueShape {
  const { threads, concurrency, batch, maxBatch, maxRetrying, order, maxBacklog, whenFull, rateLimit } = spec;
  return {
    threads: runs ? threads : 0,
    mostInFlight: batch ? concurrency * maxBatch : concurrency,
    maxRetrying,
    partitioned: runs && order === 'key',
    overflow: maxBacklog !== undefined && whenFull !== 'block',
    rateTurns: rateLimit?.messages ?? 0,
  };
}

/** What a thread of the consumer is told of how to deliver. */
export function deliveryOf(spec: ConsumerSpec): DeliverySettings {
  const { concurrency, order, orderKey, retry, maxRetrying, timeoutMs, rateLimit, maxBatch, maxWaitMs, batch } = spec;
  const { maxCrashes, stallMs } = spec;
  const mostClaimed = mostClaimedOf(spec);
  return {
    concurrency,
    order,
    orderKey,
    retry,
    maxRetrying,
    timeoutMs,
    rateLimit,
    maxBatch,
    maxWaitMs,
    batch,
    maxCrashes,
    stallMs,
    mostClaimed,
  };
}

/**
 * What a thread has claimed is not taken out of a full queue: of a small bound, its threads together claim a quarter ahead
 * at most, each one at least. Of a bound in bytes, as if messages were large.
 */
function mostClaimedOf({ threads, maxBacklog, whenFull }: ConsumerSpec): number {
  if (maxBacklog === undefined || whenFull === 'block') return ENTRIES_PER_READ;
  const { messages = Number.POSITIVE_INFINITY, bytes = Number.POSITIVE_INFINITY } = maxBacklog;
  const ahead = Math.floor(Math.min(messages, bytes / LARGE_MESSAGE_BYTES) / (4 * threads));
  return Math.min(Math.max(1, ahead), ENTRIES_PER_READ);
}

export interface ModuleEnvironment {
  /** Directory that relative paths start from. */
  readonly baseDir: string;
  /** How messages name the config. */
  readonly where: string;
  readonly compileModule: ((path: string) => Promise<string>) | undefined;
}

const settingsSchema = z.strictObject({
  ...consumerSettingsShape,
  orderKey: consumerSettingsShape.orderKey.optional(),
  timeoutMs: consumerSettingsShape.timeoutMs.optional(),
  rateLimit: consumerSettingsShape.rateLimit.optional(),
  maxBacklog: consumerSettingsShape.maxBacklog.optional(),
  maxMemoryMb: consumerSettingsShape.maxMemoryMb.optional(),
  options: consumerSettingsShape.options.optional(),
});
/** Entries in flight in one thread, at most: each has its place in shared memory. */
const MOST_IN_FLIGHT = 100_000;
/** What a message is taken to have where only bytes are bounded. */
const LARGE_MESSAGE_BYTES = 65_536;
const COMPILED = /\.[cm]?tsx?$/;

/**
 * @throws CONSUMER_LOAD_FAILED, CONFIG_INVALID, with one line for each problem.
 */
export async function specifyConsumers(
  consumers: Readonly<Record<string, ConsumerConfig>>,
  environment: ModuleEnvironment,
): Promise<ConsumerSpec[]> {
  const modules = await Promise.all(
    Object.entries(consumers).map(async ([consumer, { module }]) => ({
      consumer,
      module,
      url: await moduleUrl(consumer, module, environment),
    })),
  );
  const classes = await probeConsumers(modules).catch((error: unknown) => {
    throw inSourceTerms(error, modules);
  });
  return modules.map(({ consumer, url }): ConsumerSpec => {
    const { module: _, ...given } = consumers[consumer] as ConsumerConfig;
    const { className, batch, statics } = classes.get(consumer) as ProbedClass;
    const merged = { ...CONSUMER_DEFAULTS, ...defined(statics), ...defined(given) };
    if (merged.topics === undefined) {
      throw new PenstockError(
        'CONFIG_INVALID',
        `${environment.where}: consumer "${consumer}" has no topics; give its class "static topics = [...]", or set consumers.${consumer}.topics`,
      );
    }
    const settings = parseOptions(settingsSchema, merged, `${environment.where}: consumers.${consumer}`);
    checkTogether(
      { ...settings, batch },
      { ...defined(statics), ...defined(given) },
      `${environment.where}: consumers.${consumer}`,
    );
    checkPlain(settings, `${environment.where}: consumers.${consumer}.options`);
    return { ...settings, options: settings.options, name: consumer, className, batch, moduleUrl: url };
  });
}

/** Node names the compiled file, which means nothing to whoever wrote the module. */
function inSourceTerms(error: unknown, modules: readonly { readonly module: string; readonly url: string }[]): unknown {
  if (!(error instanceof PenstockError)) return error;
  const message = modules.reduce((text, { module, url }) => text.replaceAll(fileURLToPath(url), module), error.message);
  return new PenstockError(error.code, message, { cause: error });
}

/** Settings that only make sense together, or not together. @throws CONFIG_INVALID */
function checkTogether(
  {
    order,
    orderKey,
    threads,
    concurrency,
    retry: { backoff },
    maxBacklog,
    batch,
    maxBatch,
    stallMs,
    killAfterMs,
    isolation,
    whenFull,
  }: z.output<typeof settingsSchema> & { batch: boolean },
  given: Readonly<Record<string, unknown>>,
  where: string,
): void {
  const problems: string[] = [];
  if (order === 'strict' && (threads > 1 || concurrency > 1))
    problems.push(
      'order: "strict" is one delivery after the other: threads and concurrency must be 1; with "key", different keys go in parallel',
    );
  if (order === 'key' && orderKey === undefined)
    problems.push('order: "key" needs an orderKey, such as { header: "customer" } or { topicToken: 1 }');
  if (order !== 'key' && orderKey !== undefined)
    problems.push(`orderKey is for order: "key", and order is "${order}"; set order: "key", or leave orderKey out`);
  if (backoff.initialMs > backoff.maxMs)
    problems.push(
      `retry.backoff.initialMs must be maxMs at most, which is ${backoff.maxMs}, not ${backoff.initialMs}; set both`,
    );
  if (given.whenFull !== undefined && maxBacklog === undefined)
    problems.push('whenFull says what happens at maxBacklog, and there is none; set maxBacklog: { messages, bytes }');
  if (killAfterMs !== false && killAfterMs <= stallMs)
    problems.push(`killAfterMs must be more than stallMs, which is ${stallMs}, not ${killAfterMs}; set both`);
  if (isolation === 'process' && maxBacklog !== undefined && whenFull !== 'block')
    problems.push(
      `whenFull: "${whenFull}" is for isolation: "thread", since what takes the oldest out of a full queue runs in the hub; set whenFull: "block", or isolation: "thread"`,
    );
  for (const option of ['maxBatch', 'maxWaitMs']) {
    if (given[option] !== undefined && !batch)
      problems.push(`${option} is for a class with consumeBatch(), and this one has consume(); leave ${option} out`);
  }
  if (batch && concurrency * maxBatch > MOST_IN_FLIGHT)
    problems.push(`concurrency × maxBatch must be ${MOST_IN_FLIGHT} at most, not ${concurrency * maxBatch}`);
  if (problems.length === 0) return;
  throw new PenstockError('CONFIG_INVALID', problems.map((problem) => `${where}: ${problem}`).join('\n'));
}

/** Options are copied into each thread, or written to the process; functions and the like cannot be. */
function checkPlain(
  { options, isolation }: { readonly options?: unknown; readonly isolation: Isolation },
  where: string,
): void {
  try {
    if (isolation === 'process') serialize(options);
    else structuredClone(options);
  } catch (cause) {
    throw new PenstockError('CONFIG_INVALID', `${where}: must be plain data: ${(cause as Error).message}`, { cause });
  }
}

function defined(settings: Readonly<Record<string, unknown>>): Partial<ConsumerSettings> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

async function moduleUrl(consumer: string, module: string, environment: ModuleEnvironment): Promise<string> {
  const { where, compileModule } = environment;
  const path = modulePath(module, environment.baseDir);
  if (path === undefined || !existsSync(path)) {
    throw new PenstockError(
      'CONSUMER_LOAD_FAILED',
      `${where}: consumers.${consumer}.module: there is no ${path ?? `package "${module}"`}`,
    );
  }
  if (!COMPILED.test(path)) return pathToFileURL(path).href;
  if (compileModule === undefined) {
    throw new PenstockError(
      'CONSUMER_LOAD_FAILED',
      `${where}: consumers.${consumer}.module: ${module} is TypeScript, which the hub command compiles; in a program, name its JavaScript`,
    );
  }
  try {
    return await compileModule(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PenstockError('CONSUMER_LOAD_FAILED', `${where}: consumers.${consumer}.module: ${why}`, { cause });
  }
}

/** A path or a file URL is taken as such, and so is a name that is a file; any other is a package's. */
function modulePath(module: string, baseDir: string): string | undefined {
  if (module.startsWith('file:')) return fileURLToPath(module);
  const path = resolve(baseDir, module);
  if (module.startsWith('.') || isAbsolute(module) || existsSync(path)) return path;
  try {
    return createRequire(join(baseDir, 'config')).resolve(module);
  } catch {
    return undefined;
  }
}
