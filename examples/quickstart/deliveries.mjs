// Reads what each consumer of the quickstart left behind: the ids of the messages that reached it, outside the hub.
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** @type {Readonly<Record<string, { file: string, idIn: (line: string) => unknown }>>} */
const OUTPUTS = {
  archive: { file: 'archive.jsonl', idIn: (line) => JSON.parse(line).id },
  chat: { file: 'chat.log', idIn: (line) => line.match(/\((\S+)\)$/)?.[1] },
  badges: { file: 'badges.jsonl', idIn: (line) => JSON.parse(line).id },
  notifications: { file: 'notifications.log', idIn: (line) => line },
};

/**
 * @param {string} folder Where the consumers wrote to.
 * @returns {Promise<Map<string, string[]>>} By consumer the message ids in the order of delivery.
 */
export async function readDeliveries(folder) {
  const deliveries = new Map();
  for (const [consumer, { file, idIn }] of Object.entries(OUTPUTS)) {
    const ids = [];
    const path = join(folder, file);
    if (existsSync(path)) {
      for await (const line of createInterface({ input: createReadStream(path) })) ids.push(String(idIn(line)));
    }
    deliveries.set(consumer, ids);
  }
  return deliveries;
}
