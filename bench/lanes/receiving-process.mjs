// A receiver in a process of its own that counts what comes, as a tally does: the other end of what a hub publishes.
// This file is both ends: what starts it, and the process.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Tally } from '../traffic/tally.mjs';
import { listenAsPull } from './pull-end.mjs';

const FILE = fileURLToPath(import.meta.url);

/**
 * Starts the process; resolves when its socket is bound.
 *
 * @param {import('../traffic/tally.mjs').TallyPlan} plan what comes; bodies are compact JWS of the bodies of the traffic
 * @param {string} consumer the name under which it writes its tally, once it has received as many as are expected
 */
export async function startReceivingProcess(plan, consumer) {
  const child = fork(FILE, [JSON.stringify({ plan, consumer })], { execArgv: [] });
  const [{ endpoint }] = await once(child, 'message');
  const written = once(child, 'message');
  return {
    /** @type {string} what a PUSH socket connects to */
    endpoint,
    /** Resolves when its tally is written; the process ends. */
    async written() {
      await written;
      child.disconnect();
    },
  };
}

/** Enough of a payload in base64url to have its sequence number, which comes first. */
const NUMBER_CHARACTERS = 8;

/**
 * The beginning of the payload of a compact JWS.
 *
 * @param {Buffer} jws
 */
function payloadOf(jws) {
  const from = jws.indexOf('.') + 1;
  return Buffer.from(jws.toString('latin1', from, from + NUMBER_CHARACTERS), 'base64url');
}

async function receivingProcess() {
  const { plan, consumer } = JSON.parse(process.argv[2]);
  process.once('disconnect', () => process.exit());
  const tally = new Tally(plan);
  let received = 0;
  const endpoint = await listenAsPull((jws) => {
    tally.see(payloadOf(jws));
    if (++received < plan.size) return;
    tally.write(plan.dir, consumer, 0);
    process.send?.('written');
  });
  process.send?.({ endpoint });
}

if (process.argv[1] === FILE) await receivingProcess();
