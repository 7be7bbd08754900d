// What runs here: where messages come from, and the consumers that get them. "hub check" shows it as a table.
import { defineConfig } from '@penstock/hub';
import { zeromq } from '@penstock/zeromq';

export default defineConfig({
  dataDir: './data',
  sources: [zeromq({ pull: [{ bind: 'tcp://127.0.0.1:9940' }] })],
  consumers: {
    archive: { module: './consumers/archive.ts', options: { file: './archive.jsonl' } },
  },
  http: { host: '127.0.0.1', port: 9464 },
});
