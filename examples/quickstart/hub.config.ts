// One bus, four consumers of very different pace. The environment variables are for the demo and the test, which
// run beside whatever else this machine runs; without them everything is in data/, on the ports named here.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from '@penstock/hub';
import { zeromq } from '@penstock/zeromq';

const {
  QUICKSTART_DIR = fileURLToPath(new URL('./data', import.meta.url)),
  QUICKSTART_ENDPOINT = 'tcp://127.0.0.1:9940',
  QUICKSTART_HTTP_PORT = '9464',
  QUICKSTART_NOTIFICATIONS_URL = 'http://127.0.0.1:9465/',
} = process.env;

const output = (name: string) => join(QUICKSTART_DIR, name);

export default defineConfig({
  dataDir: output('hub'),
  sources: [zeromq({ pull: [{ bind: QUICKSTART_ENDPOINT }] })],
  consumers: {
    archive: { module: './consumers/archive.ts', options: { file: output('archive.jsonl') } },
    chat: { module: './consumers/chat.ts', options: { file: output('chat.log'), linesPerSecond: 40 } },
    badges: { module: './consumers/badges.ts', options: { file: output('badges.jsonl') } },
    notifications: { module: './consumers/notifications.ts', options: { url: QUICKSTART_NOTIFICATIONS_URL } },
  },
  http: { port: Number(QUICKSTART_HTTP_PORT) },
});
