// A hub in the test's own process, with the options most tests want, stopped when the test is over; and what tests
// ask of it most: who has what backlog, and when all of it is settled.
import { fileURLToPath } from 'node:url';
import { type ConsumerSnapshot, createHub, type Hub, type HubConfig, type HubEnvironment } from '@penstock/hub';
import { onTestFinished } from 'vitest';
import { until } from './until.js';

/** The path of a consumer's module in test/fixtures. */
export const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}.mjs`, import.meta.url));

/** Makes a hub that says nothing, serves nothing, and is stopped when the current test has finished. */
export async function makeHub(config: HubConfig, environment?: HubEnvironment): Promise<Hub> {
  const hub = await createHub({ http: false, log: { level: 'silent' }, ...config }, environment);
  onTestFinished(() => hub.stop());
  return hub;
}

/** The same, started. */
export async function startHub(config: HubConfig, environment?: HubEnvironment): Promise<Hub> {
  const hub = await makeHub(config, environment);
  await hub.start();
  return hub;
}

/** What a hub says of one of its consumers now. */
export function consumerOf(hub: Hub, name: string): ConsumerSnapshot {
  const found = hub.snapshot().consumers.find(({ consumer }) => consumer === name);
  if (found === undefined) throw new Error(`the hub has no queue "${name}"`);
  return found;
}

/** Every queue's backlog by its name. */
export function backlogs(hub: Hub): Record<string, number> {
  return Object.fromEntries(hub.snapshot().consumers.map(({ consumer, backlog }) => [consumer, backlog]));
}

/** Resolves when every consumer has settled all it was given. */
export async function allSettled(hub: Hub): Promise<void> {
  await until('every backlog is 0', () => hub.snapshot().consumers.every(({ backlog }) => backlog === 0));
}

/** Publishes so many messages whose bodies are their numbers; resolves when all are committed. */
export async function publishNumbers(hub: Hub, from: number, to: number, topic = 'test.number'): Promise<void> {
  await Promise.all(numbers(from, to).map((number) => hub.publish(topic, number)));
}

/** The texts of the numbers from `from` up to, not including, `to`. */
export function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => String(from + index));
}
