// The scenarios, in the order in which they run. To add one: a file of its name here, and a line below.
import batch from './batch.mjs';
import busToBus from './bus-to-bus.mjs';
import consumers from './consumers.mjs';
import depth from './depth.mjs';
import fanOut from './fan-out.mjs';
import isolation from './isolation.mjs';
import latency from './latency.mjs';
import narrow from './narrow.mjs';
import orderByKey from './order-by-key.mjs';
import peers from './peers.mjs';
import processIsolation from './process-isolation.mjs';
import retryStorm from './retry-storm.mjs';
import scrape from './scrape.mjs';
import settle from './settle.mjs';
import sign from './sign.mjs';
import start from './start.mjs';
import threads from './threads.mjs';
import zeromq from './zeromq.mjs';

/** @type {import('../runner/scenario.mjs').Scenario[]} */
export const scenarios = [
  fanOut,
  zeromq,
  busToBus,
  retryStorm,
  threads,
  orderByKey,
  batch,
  settle,
  sign,
  depth,
  start,
  isolation,
  processIsolation,
  narrow,
  latency,
  consumers,
  scrape,
  peers,
];
