// The scenarios, in the order in which they run. To add one: a file of its name here, and a line below.
import busToBus from './bus-to-bus.mjs';
import consumers from './consumers.mjs';
import depth from './depth.mjs';
import fanOut from './fan-out.mjs';
import isolation from './isolation.mjs';
import latency from './latency.mjs';
import narrow from './narrow.mjs';
import peers from './peers.mjs';
import scrape from './scrape.mjs';
import start from './start.mjs';
import zeromq from './zeromq.mjs';

/** @type {import('../runner/scenario.mjs').Scenario[]} */
export const scenarios = [fanOut, zeromq, busToBus, depth, start, isolation, narrow, latency, consumers, scrape, peers];
