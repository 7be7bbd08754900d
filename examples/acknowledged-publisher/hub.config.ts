// A hub that acknowledges what it takes: a ROUTER socket, and one consumer. The environment variables are for the
// test; without them everything is in data/, on the port that publish.py connects to.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from '@penstock/hub';
import { zeromq } from '@penstock/zeromq';

const {
  EXAMPLE_DIR = fileURLToPath(new URL('./data', import.meta.url)),
  EXAMPLE_ENDPOINT = 'tcp://127.0.0.1:9942',
  EXAMPLE_HTTP_PORT = '9464',
} = process.env;

export default defineConfig({
  dataDir: join(EXAMPLE_DIR, 'hub'),
  sources: [zeromq({ router: [{ bind: EXAMPLE_ENDPOINT }] })],
  consumers: {
    orders: { module: './consumers/orders.ts', options: { file: join(EXAMPLE_DIR, 'orders.txt') } },
  },
  http: { port: Number(EXAMPLE_HTTP_PORT) },
});
