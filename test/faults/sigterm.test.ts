// SIGTERM in every state that a hub can be in: it is gone by its deadline, and nothing is lost.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { HubUnderTorture, JUDGED, ScratchProject, sigterm } from '@penstock/torture';
import { expect, it } from 'vitest';
import { ANSWERS_BEFORE_WRITING, faultSize, runRound } from '../support/fault-round.js';
import { tempDir } from '../support/temp-dir.js';
import { until } from '../support/until.js';

const CYCLES = faultSize(50);

it(`${CYCLES} stops, in each of the states in turn, lose nothing and end in time`, {
  timeout: CYCLES * 90_000,
}, async () => {
  const { lost, problems, cycles } = await runRound(sigterm, { cycles: CYCLES });
  expect(problems).toEqual([]);
  expect(lost).toBe(0);
  expect(cycles).toBe(CYCLES);
});

it('control: a hub that ends at once, with what it had answered in memory, is found to lose messages', {
  timeout: 600_000,
}, async () => {
  const sabotage = [
    ...ANSWERS_BEFORE_WRITING,
    {
      module: '/hub/dist/enqueuer/enqueuer.js',
      from: 'export class Enqueuer',
      to: "process.on('SIGTERM', () => process.exit(0));\nexport class Enqueuer",
    },
  ];
  const { lost } = await runRound(sigterm, { cycles: 3, sabotage });
  expect(lost).toBeGreaterThan(0);
});

it('control: a hub that does not stop is found not to', async () => {
  const project = new ScratchProject(join(tempDir(), 'project'), { consumers: { strict: JUDGED.strict } });
  const stubborn = `
    process.on('SIGTERM', () => {});
    setInterval(() => {}, 1_000);
    require('node:fs').writeFileSync('stubborn', '');`;
  const command = { file: process.execPath, args: ['-e', stubborn, '--'] };
  const hub = new HubUnderTorture({ command, project, env: {} });
  hub.start();
  await until('it heeds no signal', () => existsSync(join(project.folder, 'stubborn')));
  expect(await hub.terminate(100)).toBeUndefined();
});
