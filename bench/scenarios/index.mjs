// The scenarios, in the order in which they run. To add one: a file of its name here, and a line below.
import depth from './depth.mjs';
import fanOut from './fan-out.mjs';
import start from './start.mjs';
import zeromq from './zeromq.mjs';

/** @type {import('../runner/scenario.mjs').Scenario[]} */
export const scenarios = [fanOut, zeromq, depth, start];
