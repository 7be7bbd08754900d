// The bus of the quickstart: a program of its own that knows nothing of Penstock and pushes messages into a
// ZeroMQ socket, a quiet stream with spikes. Any language with a ZeroMQ library can do the same.
//
// A message is three frames: the topic, the headers as a JSON object of strings, the body.
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Push } from 'zeromq';
import { pushNumber } from './pushes.mjs';

const HELP = `Usage: node publisher.mjs [options]

Sends a quiet stream of messages with spikes to a ZeroMQ PULL socket:
quiet, spike, quiet, spike, …, quiet. Ctrl-C ends it early, after the hub has taken what was sent;
Ctrl-C again ends it at once.

  --endpoint URL         where the hub's PULL socket is bound  (tcp://127.0.0.1:9940)
  --spikes N             how many spikes, 0 for none           (1)
  --rate N               messages per second in a spike        (120)
  --spike-seconds N      how long a spike lasts                (10)
  --quiet-rate N         messages per second between spikes    (5)
  --quiet-seconds N      how long a quiet stretch lasts        (20)
  --lead-seconds N       how long the first of them lasts      (5)
  --help                 this text
`;

const { values } = parseArgs({
  options: {
    endpoint: { type: 'string', default: 'tcp://127.0.0.1:9940' },
    spikes: { type: 'string', default: '1' },
    rate: { type: 'string', default: '120' },
    'spike-seconds': { type: 'string', default: '10' },
    'quiet-rate': { type: 'string', default: '5' },
    'quiet-seconds': { type: 'string', default: '20' },
    'lead-seconds': { type: 'string', default: '5' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit();
}

/** Made up in advance and sent in turn, so that making them up does not disturb the pace. */
const pushes = Array.from({ length: 50 }, (_, n) => {
  const { topic, push } = pushNumber(n);
  return { topic, body: JSON.stringify(push) };
});

const spikes = number('spikes');
const spikeRate = number('rate');
const spikeSeconds = number('spike-seconds');
const quietRate = number('quiet-rate');
const quietSeconds = number('quiet-seconds');
const leadSeconds = number('lead-seconds');

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopping.abort());

// Connecting, not binding: a PUSH socket keeps what it is given before the hub is there, and when its high-water
// mark of 1,000 messages is reached it waits. `linger` bounds how long closing waits for the hub to take the rest.
const socket = new Push({ linger: 10_000 });
socket.connect(values.endpoint);

const run = `${Date.now().toString(36)}-${process.pid}`;
let sent = 0;

await stream('quiet', quietRate, leadSeconds);
for (let spike = 1; spike <= spikes; spike++) {
  await stream(`spike ${spike} of ${spikes}`, spikeRate, spikeSeconds);
  await stream('quiet', quietRate, quietSeconds);
}
socket.close();
console.log(`sent ${sent} messages, ids ${run}-1 to ${run}-${sent}`);

/** Sends `rate` messages a second for `seconds`, evenly; ends early when the program is to stop. */
async function stream(name, rate, seconds) {
  if (stopping.signal.aborted || seconds === 0) return;
  console.log(`${name}: ${rate}/s for ${seconds} s`);
  const begun = performance.now();
  const untilMs = (second) => begun + second * 1000 - performance.now();
  const total = Math.round(rate * seconds);
  const atOnce = Math.ceil(rate / 500);
  for (let done = 0; done < total && !stopping.signal.aborted; ) {
    for (let n = Math.min(atOnce, total - done); n > 0; n--, done++) await send();
    // A late timer is made up for at twice the rate and no faster, so that a hiccup does not become a spike.
    await pause(Math.max(untilMs(done / rate), (atOnce * 500) / rate));
  }
  await pause(untilMs(seconds));
  console.log(`${name}: over`);
}

async function pause(ms) {
  if (ms > 0) await delay(ms, undefined, { signal: stopping.signal }).catch(() => undefined);
}

async function send() {
  const { topic, body } = pushes[sent % pushes.length];
  sent += 1;
  await socket.send([topic, JSON.stringify({ id: `${run}-${sent}`, 'content-type': 'application/json' }), body]);
}

function number(name) {
  const value = Number(values[name]);
  if (Number.isFinite(value) && value >= 0) return value;
  console.error(`--${name} must be a number from 0 on, not ${values[name]}`);
  process.exit(2);
}
