// Writes the pages that are derived from the code, so that they cannot say anything else than it does:
// docs/configuration.md from the table of options, docs/metrics.md from that of metrics, docs/errors.md from that of
// error codes, docs/cli.md from the commands as they are declared.
// `pnpm docs:generate` writes them; with --check it names the pages that are stale and ends with code 1.
import { readFileSync, writeFileSync } from 'node:fs';
import { configSchema } from '../packages/hub/dist/config.js';
import { CONSUMER_DEFAULTS } from '../packages/hub/dist/consumer-settings.js';
import { ERRORS } from '../packages/hub/dist/errors.js';
import { METRICS } from '../packages/hub/dist/telemetry/definitions.js';
import { cliPage } from './pages/cli.mjs';
import { code, generated, table } from './pages/markdown.mjs';

const PAGES = {
  'configuration.md': configurationPage,
  'metrics.md': metricsPage,
  'errors.md': errorsPage,
  'cli.md': cliPage,
};

function configurationPage() {
  const { properties } = configSchema.toJSONSchema({ io: 'input', unrepresentable: 'any' });
  const consumer = properties.consumers.additionalProperties;
  return `${generated('packages/hub/src/config.ts')}

# Configuration

\`hub run\` reads \`hub.config.ts\` (or \`.js\`, \`.mjs\`, \`.json\`) from the working directory, or the file named with
\`--config\`. Its default export is the object below; \`defineConfig\` from \`@penstock/hub\` gives it types. The same
object is what \`createHub(config)\` takes. An unknown key, a missing one or a wrong value stops the start with one line
for each, the option's path in it.

\`\`\`ts
// hub.config.ts
import { defineConfig } from '@penstock/hub';
import { zeromq } from '@penstock/zeromq';

export default defineConfig({
  dataDir: './data',
  sources: [zeromq({ subscribe: [{ connect: 'tcp://127.0.0.1:9940', topics: ['org.example.'] }] })],
  consumers: {
    badges: { module: './consumers/badges.ts', threads: 1 },
  },
  http: { host: '127.0.0.1', port: 9464 },
});
\`\`\`

## The hub

${table(rows(properties))}

## One consumer

Each key of \`consumers\` is a consumer's name, and its queue's name on disk: ${code(properties.consumers.propertyNames.pattern)}.
All options but \`module\` can also stand as statics in the consumer class (\`static threads = 2\`); the config wins.
\`topics\` has to stand in one of the two places.

${table(rows(consumer.properties, { required: consumer.required, defaults: CONSUMER_DEFAULTS }))}
`;
}

/** One row for each option, and under an object one for each option in it. */
function rows(properties, { prefix = '', required = [], defaults = {} } = {}) {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const path = `${prefix}${name}`;
    const inner = innerOptions(schema);
    const value = defaults[name] ?? schema.default;
    const row = {
      option: code(path),
      type: typeText(schema),
      default: required.includes(name)
        ? '(required)'
        : inner === undefined || typeof value === 'string'
          ? defaultText(path, value)
          : hasDefaults(inner)
            ? 'see below'
            : '',
      text: schema.description,
    };
    return [row, ...(inner === undefined ? [] : rows(inner, { prefix: `${path}.`, required: schema.required }))];
  });
}

/** Whether any option in an object has a default, at whatever depth: else there is none of it below. */
const hasDefaults = (properties) =>
  Object.values(properties).some((schema) => schema.default !== undefined || hasDefaults(innerOptions(schema) ?? {}));

/** The options that get rows of their own: those of the value itself, or of all alternatives that are objects. */
function innerOptions(schema) {
  const objects = [schema, ...(schema.anyOf ?? [])].filter(({ properties }) => properties !== undefined);
  return objects.length === 0 ? undefined : Object.assign({}, ...objects.map(({ properties }) => properties));
}

function typeText(schema) {
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(typeText))].join(' or ');
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  if (schema.enum !== undefined) return schema.enum.map((value) => code(JSON.stringify(value))).join(', ');
  switch (schema.type) {
    case 'integer':
      return `whole number, ${grouped(schema.minimum)} to ${grouped(schema.maximum)}`;
    case 'number':
      return `number, ${grouped(schema.minimum)} to ${grouped(schema.maximum)}`;
    case 'array':
      return schema.items.type === undefined ? 'list' : `list of ${schema.items.type}s`;
    case 'object':
      return schema.properties === undefined ? 'object by name' : 'object';
    case 'string':
    case 'boolean':
      return schema.type;
    case undefined:
      return 'any plain data';
    default:
      throw new Error(`docs/generate.mjs has no words for an option of type ${schema.type}`);
  }
}

function defaultText(path, value) {
  if (value === undefined) return '';
  if (typeof value !== 'number') return code(JSON.stringify(value));
  return path.endsWith('Bytes') && value >= 1_048_576 ? `${grouped(value)} (${value / 1_048_576} MiB)` : grouped(value);
}

function metricsPage() {
  return `${generated('packages/hub/src/telemetry/definitions.ts')}

# Metrics

A hub serves these at \`/metrics\` in the text format of Prometheus, beside Node's own (\`process_…\`, \`nodejs_…\`).
Reading resets nothing. Totals and histograms count from the hub's start. A scrape config with alerts is in
[examples/prometheus](../examples/prometheus/README.md).

${table(
  METRICS.map(({ name, type, unit, labels, help }) => ({
    metric: code(name),
    type,
    unit,
    labels: labels.map(code).join(', '),
    text: help,
  })),
)}
`;
}

function errorsPage() {
  const errors = Object.entries(ERRORS).toSorted(([, a], [, b]) => a.exitCode - b.exitCode);
  return `${generated('packages/hub/src/errors.ts')}

# Errors

Every error that Penstock raises on purpose is a \`PenstockError\` with a \`code\` from this table. "Retry helps" is its
\`retryable\`: the same call can succeed later without anybody changing anything. When such an error ends a \`hub\` command,
the command's exit code is the one below; 1 stands for anything else, 2 for wrong usage.

${table(
  errors.map(([name, { summary, retryable, exitCode }]) => ({
    code: code(name),
    'exit code': String(exitCode),
    'retry helps': retryable ? 'yes' : 'no',
    'what happened, what to do': summary,
  })),
)}
`;
}

const grouped = (number) => (number < 10_000 ? String(number) : number.toLocaleString('en-US'));

const check = process.argv.includes('--check');
for (const [name, render] of Object.entries(PAGES)) {
  const file = new URL(name, import.meta.url);
  const page = render();
  if (!check) writeFileSync(file, page);
  else if (readPage(file) !== page) {
    console.error(`docs/${name} is stale: run pnpm docs:generate`);
    process.exitCode = 1;
  }
}

function readPage(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
