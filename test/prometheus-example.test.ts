// Holds the example for Prometheus against the metrics: an alert on a name that nothing exposes never fires, and
// nobody would notice.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../packages/hub/dist/config.js';
import { METRICS } from '../packages/hub/dist/telemetry/definitions.js';
import { filesUnder, ROOT, read } from './support/source-files.js';

const FOLDER = 'examples/prometheus';

/** Everything under which a metric is exposed, with the labels it has there. */
const exposed = new Map(
  METRICS.flatMap(({ name, type, labels }): [string, readonly string[]][] =>
    type === 'histogram'
      ? [
          [`${name}_bucket`, [...labels, 'le']],
          [`${name}_sum`, labels],
          [`${name}_count`, labels],
        ]
      : [[name, labels]],
  ),
);

const withoutPromtool = spawnSync('promtool', ['--version']).status !== 0;

describe('the example for Prometheus', () => {
  const texts = filesUnder(FOLDER).map((path) => ({ path, text: read(path) }));

  it('names only metrics that a hub exposes, and labels that they have', () => {
    // A regular expression for names, as in the README, goes on behind the name with a parenthesis.
    const uses = texts.flatMap(({ path, text }) =>
      [...text.matchAll(/\b(penstock_[a-z_]+)(?![a-z_]*\()(?:\{([^}]*)\})?/g)].map(([, name = '', selector = '']) => ({
        path,
        name,
        labels: [...selector.matchAll(/([a-z_]+)\s*[=!]~?"/g)].map(([, label = '']) => label),
      })),
    );
    expect(uses.length).toBeGreaterThan(10);
    const wrong = uses.filter(({ name, labels }) => !labels.every((label) => exposed.get(name)?.includes(label)));
    const unknown = uses.filter(({ name }) => !exposed.has(name));
    expect({ unknown, wrong }).toEqual({ unknown: [], wrong: [] });
  });

  it('scrapes the port that a hub has by default', () => {
    expect(read(`${FOLDER}/prometheus.yml`)).toMatch(/targets: \[["']127\.0\.0\.1:9464["']\]/);
    expect(parseConfig({}, 'config').http).toMatchObject({ host: '127.0.0.1', port: 9464 });
  });

  it.skipIf(withoutPromtool)('is valid to promtool (skipped where it is not installed)', () => {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'config', 'prometheus.yml'], {
      cwd: join(ROOT, FOLDER),
    });
    expect({ status, output: `${stdout}${stderr}` }).toMatchObject({ status: 0 });
  });
});
