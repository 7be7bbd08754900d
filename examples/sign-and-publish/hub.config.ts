// One consumer that signs, in several threads, and one that sends, in a single one; between them a topic. The
// environment variables are for the test; without them everything is in data/, on the ports of the README.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from '@penstock/hub';
import { zeromq, zeromqPublisher } from '@penstock/zeromq';

const {
  EXAMPLE_DIR = fileURLToPath(new URL('./data', import.meta.url)),
  EXAMPLE_IN = 'tcp://127.0.0.1:9943',
  EXAMPLE_OUT = 'tcp://127.0.0.1:9944',
  EXAMPLE_HTTP_PORT = '9464',
} = process.env;

export default defineConfig({
  dataDir: join(EXAMPLE_DIR, 'hub'),
  sources: [zeromq({ pull: [{ bind: EXAMPLE_IN }] })],
  consumers: {
    signer: { module: './consumers/signer.ts', threads: 2, options: { keys: join(EXAMPLE_DIR, 'keys') } },
    out: zeromqPublisher({ push: { connect: EXAMPLE_OUT }, topics: ['signed.>'] }),
  },
  http: { port: Number(EXAMPLE_HTTP_PORT) },
});
