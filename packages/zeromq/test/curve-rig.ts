// Clients with keys for tests of CURVE, and files to keep keys in; closed and removed after each test.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Event, Push } from 'zeromq';
import type { KeyPair } from '../src/curve/keys.js';
import { closers } from './source-rig.js';

/** A PUSH socket with CURVE, or without where there are no keys. */
export function curvePusher(endpoint: string, keys: KeyPair | undefined, serverKey: string): Push {
  const push = new Push();
  closers.push(() => push.close());
  push.linger = 0;
  push.reconnectInterval = 10;
  if (keys !== undefined) {
    push.curveServerKey = serverKey;
    push.curvePublicKey = keys.publicKey;
    push.curveSecretKey = keys.secretKey;
  }
  push.connect(endpoint);
  return push;
}

/** Resolves with the first event of one of the types. */
export async function seen(socket: Push, ...types: Event['type'][]): Promise<Event['type']> {
  for await (const event of socket.events as AsyncIterable<Event | undefined>) {
    if (event !== undefined && types.includes(event.type)) return event.type;
    if (event === undefined) break;
  }
  throw new Error(`the socket was closed before any of ${types.join(', ')}`);
}

/** A file with this text, which only this user may read. */
export function keyFile(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-curve-'));
  closers.push(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'key');
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}
