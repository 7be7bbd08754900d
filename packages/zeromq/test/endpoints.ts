// Endpoints that nothing else uses, for tests that open real sockets.
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pull } from 'zeromq';

/** A loopback endpoint whose port was free a moment ago. */
export async function freeTcpEndpoint(): Promise<string> {
  const probe = new Pull({ linger: 0 });
  const events = probe.events;
  await probe.bind('tcp://127.0.0.1:*');
  const endpoint = probe.lastEndpoint as string;
  probe.close();
  // ZeroMQ closes in a thread of its own; the last event says that it has.
  for await (const event of events) if (event.type === 'end') break;
  return endpoint;
}

export function freeIpcEndpoint(): string {
  return `ipc://${join(tmpdir(), `${randomUUID().slice(0, 8)}.sock`)}`;
}
