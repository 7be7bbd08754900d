// A TCP port that nothing listens on, for servers whose configuration has to name one.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** Takes a free loopback port from the kernel and gives it back at once; the kernel does not hand it out again soon. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
