// Where Node's sockets find a ZeroMQ endpoint, and why one cannot be used, in plain words.
import type { NetConnectOpts } from 'node:net';

const TCP = /^tcp:\/\/(?<host>.+):(?<port>\*|\d{1,5})$/;

/**
 * Turns an endpoint into what `node:net` connects to or listens on.
 *
 * @param endpoint `tcp://HOST:PORT` or `ipc://PATH`, checked before; to bind, HOST and PORT may be `*`.
 */
export function addressOf(endpoint: string): NetConnectOpts {
  const tcp = TCP.exec(endpoint)?.groups;
  if (tcp === undefined) return { path: endpoint.slice('ipc://'.length) };
  const host = (tcp.host as string).replace(/^\[(.*)\]$/, '$1');
  // `*` is every address, of IPv4 as in libzmq.
  return { host: host === '*' ? '0.0.0.0' : host, port: tcp.port === '*' ? 0 : Number(tcp.port) };
}

/** Why an endpoint cannot be reached or bound. @param isPath Whether it is `ipc://`. */
export function explain({ code, message }: NodeJS.ErrnoException, isPath: boolean): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'nobody answers there';
    case 'ENOENT':
      return 'there is no such path';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'there is no such host; check its spelling';
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'the host cannot be reached';
    case 'EADDRINUSE':
      return 'the address is in use; stop what listens there, or choose another one';
    case 'EADDRNOTAVAIL':
      return 'this machine has no such address; bind one that it has, such as 127.0.0.1';
    case 'EACCES':
    case 'EPERM':
      // To bind a path in a directory that is not there fails in this way too: libuv has it so.
      return isPath
        ? 'its directory is not there, or this user may not use it; create it, or choose another path'
        : 'the system does not permit it; choose a port above 1023';
    default:
      return message;
  }
}
