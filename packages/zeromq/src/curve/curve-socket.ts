// Puts CURVE onto one socket of zeromq.js: those of sources. Publishers have no such sockets, see publisher-mechanism.ts.
import { type Context, capability, type Socket } from 'zeromq';
import { type Credentials, readCredentials } from './credentials.js';
import { CurveError } from './curve-error.js';
import type { CurveSettings } from './options.js';
import type { GateReports } from './zap.js';
import { type WatchedGate, zapServer } from './zap-server.js';

/** CURVE for one socket; for one without `curve` in its options it does nothing. */
export interface CurveSocket {
  /** What the socket's constructor is to be given, and nothing else. */
  readonly made: { readonly context?: Context };
  /** Sets the socket's options; to be called before it binds or connects. */
  configure(socket: Socket): void;
  /** To be called once the socket is closed; may be called again. */
  close(): void;
}

const PLAIN: CurveSocket = { made: {}, configure: () => {}, close: () => {} };

/**
 * Reads the keys and, for a bound socket with a list of allowed clients, begins to watch over them.
 *
 * @param settings `curve` of the socket's options, checked; undefined for a plain socket.
 * @throws CurveError with what is wrong and what to do; nothing stays open.
 */
export async function openCurve(settings: CurveSettings | undefined, reports: GateReports): Promise<CurveSocket> {
  if (settings === undefined) return PLAIN;
  if (capability.curve !== true) {
    throw new CurveError('the ZeroMQ library here was built without CURVE; use one that has it, or leave "curve" out');
  }
  const credentials = readCredentials(settings);
  const watched =
    credentials.role === 'server' && credentials.allowed !== 'any'
      ? await zapServer.watch({ allowed: credentials.allowed, reports })
      : undefined;
  return {
    made: watched === undefined ? {} : { context: watched.context },
    configure: (socket) => configure(socket, credentials, watched),
    close: () => watched?.close(),
  };
}

function configure(socket: Socket, credentials: Credentials, watched: WatchedGate | undefined): void {
  socket.curveSecretKey = credentials.secretKey;
  if (credentials.role === 'client') {
    socket.curvePublicKey = credentials.publicKey;
    socket.curveServerKey = credentials.serverKey;
    return;
  }
  socket.curveServer = true;
  // With a domain, no handler means that nobody is let in; without one, no handler of anybody else's is asked.
  socket.zapEnforceDomain = true;
  if (watched !== undefined) socket.zapDomain = watched.domain;
}
