// One measurement in a process of its own, so that compiled code and garbage of one are not in the next. Started
// by measurement.mjs; by hand: node bench/runner/child.mjs '<task as JSON>' prints the result.

/** @type {import('./scenario.mjs').Task} */
const task = JSON.parse(process.argv[2] ?? '{}');
/** @type {{ default: import('./scenario.mjs').Scenario }} */
const { default: scenario } = await import(`../scenarios/${task.scenario}.mjs`);
const result = await scenario[task.step]?.(task);
if (result && !Number.isFinite(result.value) && result.lost === 0) throw new Error('no figure came of it');
if (process.send) process.send(result ?? {});
else console.log(JSON.stringify(result ?? {}));
