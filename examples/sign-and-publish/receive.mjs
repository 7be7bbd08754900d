// Receives what the hub publishes, and prints each message whose signature holds. What does not hold is said so.
import { createPublicKey } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Pull } from 'zeromq';
import { verifyCompact } from './verify.mjs';

const { values } = parseArgs({
  options: {
    bind: { type: 'string', default: 'tcp://127.0.0.1:9944' },
    keys: { type: 'string', default: fileURLToPath(new URL('./data/keys', import.meta.url)) },
  },
});

const SUFFIX = '.pub.pem';
const keys = new Map(
  readdirSync(values.keys)
    .filter((file) => file.endsWith(SUFFIX))
    .map((file) => [file.slice(0, -SUFFIX.length), createPublicKey(readFileSync(join(values.keys, file)))]),
);

const socket = new Pull();
await socket.bind(values.bind);
console.log(`receives at ${values.bind}, with ${keys.size} public keys`);
for await (const [topic, , jws] of socket) {
  try {
    const { header, payload } = verifyCompact(jws.toString(), keys);
    if (topic.toString() !== `signed.${header.topic}`) throw new Error('it was signed for another topic');
    console.log(`${header.topic}, signed by ${header.kid}: ${payload}`);
  } catch (error) {
    console.log(`${topic}: not accepted: ${error.message}`);
  }
}
