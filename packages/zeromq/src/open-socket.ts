// Makes a ZeroMQ socket as planned, and says in plain words why one cannot be opened.
import { PenstockError } from '@penstock/hub/source';
import { type Observer, Pull, Router, Subscriber } from 'zeromq';
import { Connection, type ConnectionReports } from './connection.js';
import { CurveError } from './curve/curve-error.js';
import { type CurveSocket, openCurve } from './curve/curve-socket.js';
import { isIpv6 } from './endpoint.js';
import type { SocketPlan, SocketSettings } from './options.js';

/** ZeroMQ would wait for the system's own limit, two minutes and more, before it tries again. */
const CONNECT_TIMEOUT_MS = 10_000;
/** Below it, ZeroMQ's greeting itself would be over the limit (libzmq issue 4436), and cuts would come too soon. */
const LEAST_FRAME_LIMIT_BYTES = 1024 * 1024;

const OBSERVE_ATTEMPTS = 1000;

/** How long a closed ROUTER socket goes on sending the replies that it holds; a peer that reads has them at once. */
const REPLY_LINGER_MS = 500;

export type ReceivingSocket = Subscriber | Pull | Router;

/** A socket that listens, or connects. */
export interface OpenSocket {
  readonly socket: ReceivingSocket;
  /** Resolves when all of it is closed and its port is free. Never hangs; may be called again. */
  close(): Promise<void>;
}

/**
 * Opens a socket: it is bound, or on its way to being connected.
 *
 * @param source The source's name, for the error.
 * @throws SOURCE_START_FAILED naming the endpoint, why, and what to do; nothing stays open.
 */
export async function openSocket(plan: SocketPlan, source: string, reports: ConnectionReports): Promise<OpenSocket> {
  const curve = await openCurve(plan.settings.curve, reports.admission).catch((error) => {
    throw startFailed(plan, source, error);
  });
  const socket = newSocket(plan.kind, curve.made);
  let connection: Connection | undefined;
  const close = async (): Promise<void> => {
    socket.close();
    await connection?.closed();
    curve.close();
    reports.admission.flush();
  };
  try {
    configure(socket, plan.settings);
    curve.configure(socket);
    socket.ipv6 = isIpv6(plan.endpoint);
    if (socket instanceof Subscriber) socket.subscribe(...plan.topics);
    // Followed only once it is bound: while a socket is observed, a failed bind gives EAGAIN for a reason.
    if (plan.how === 'bind') await socket.bind(plan.endpoint);
    connection = new Connection(await observe(socket), plan, reports);
    if (plan.how === 'connect') socket.connect(plan.endpoint);
  } catch (error) {
    await close();
    throw startFailed(plan, source, error);
  }
  return { socket, close };
}

function startFailed({ where, how, endpoint }: SocketPlan, source: string, error: unknown): PenstockError {
  const why = error instanceof CurveError ? error.message : explain(error as NodeJS.ErrnoException);
  const message = `source "${source}", ${where}: cannot ${how} ${endpoint}: ${why}`;
  return new PenstockError('SOURCE_START_FAILED', message, { cause: error });
}

/** Options are set afterwards: a socket whose constructor throws can never be closed, and hangs the exit. */
function newSocket(kind: SocketPlan['kind'], made: CurveSocket['made']): ReceivingSocket {
  if (kind === 'ROUTER') {
    const router = new Router(made);
    router.linger = REPLY_LINGER_MS;
    return router;
  }
  const socket = kind === 'SUB' ? new Subscriber(made) : new Pull(made);
  // What is to be sent (subscriptions) is never worth waiting for at the end.
  socket.linger = 0;
  return socket;
}

/**
 * zeromq.js names an observer's own endpoint after the address of an object, which can be that of an observer just
 * closed, whose endpoint is being given up at this very moment (zeromq.js issue 716).
 */
async function observe(socket: ReceivingSocket): Promise<Observer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return socket.events;
    } catch (error) {
      if (attempt === OBSERVE_ATTEMPTS) throw new Error('ZeroMQ could not observe the socket', { cause: error });
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

function configure(socket: ReceivingSocket, settings: SocketSettings): void {
  if (socket instanceof Router) configureReplies(socket, settings);
  socket.receiveHighWaterMark = settings.receiveHighWaterMark;
  // Above maxMessageBytes, so that a message somewhat too large is counted and costs its sender no connection.
  socket.maxMessageSize = Math.max(2 * settings.maxMessageBytes, LEAST_FRAME_LIMIT_BYTES);
  socket.connectTimeout = CONNECT_TIMEOUT_MS;
  socket.reconnectInterval = settings.reconnectIntervalMs;
  socket.reconnectMaxInterval = settings.reconnectMaxIntervalMs;
  socket.tcpKeepalive = settings.tcpKeepalive ? 1 : 0;
  socket.tcpKeepaliveIdle = settings.tcpKeepaliveIdleSeconds;
  socket.tcpKeepaliveInterval = settings.tcpKeepaliveIntervalSeconds;
  socket.tcpKeepaliveCount = settings.tcpKeepaliveCount;
  socket.heartbeatInterval = settings.heartbeatIntervalMs;
  socket.heartbeatTimeout = settings.heartbeatTimeoutMs;
}

function configureReplies(socket: Router, { sendHighWaterMark }: SocketSettings): void {
  if (sendHighWaterMark !== undefined) socket.sendHighWaterMark = sendHighWaterMark;
  // A reply is sent or refused at once: nothing waits for a peer that does not read, and no drop goes unseen.
  socket.sendTimeout = 0;
  socket.mandatory = true;
  // A client that comes again under its old routing id, before the loss of its old connection was noticed, would
  // be ignored for good.
  socket.handover = true;
}

function explain(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return 'the address is in use; stop what listens there, or choose another one';
    case 'EADDRNOTAVAIL':
      return 'this machine has no such address; bind one that it has, such as 127.0.0.1';
    case 'ENODEV':
      return 'there is no such host or network interface; check its spelling';
    case 'ENOENT':
      return 'its directory does not exist; create it, or choose another path';
    case 'EACCES':
    case 'EPERM':
      return 'the system does not permit it; choose a port above 1023, or a path that this user may write';
    case 'ENAMETOOLONG':
      return 'the path is too long for a socket; choose one of at most 100 bytes';
    case 'EMFILE':
      return 'too many files and sockets are open; raise the limit (ulimit -n), or listen to fewer endpoints';
    case 'EINVAL':
      return 'ZeroMQ does not understand the endpoint; check its spelling';
    default:
      return `${error.message} (${error.code ?? 'no code'}); check the endpoint`;
  }
}
