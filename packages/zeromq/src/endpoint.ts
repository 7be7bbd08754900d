// What can be said about a ZeroMQ endpoint from its text alone: whether it is one, and whether binding it
// opens an unprotected door to other machines.

const TRANSPORTS = 'tcp://HOST:PORT, ipc://PATH or inproc://NAME';
const TCP = /^tcp:\/\/(?<host>.+):(?<port>\*|\d{1,5})$/;
const LOOPBACK_HOST = /^(localhost|lo|127(\.\d{1,3}){1,3}|\[(::1|::ffff:127(\.\d{1,3}){3})\])$/i;

/** Says what is wrong with an endpoint, or undefined when it is fine. */
export function endpointProblem(endpoint: string, how: 'bind' | 'connect'): string | undefined {
  if (/^(ipc|inproc):\/\/./.test(endpoint)) return undefined;
  const port = TCP.exec(endpoint)?.groups?.port;
  if (port === undefined) return `must be an endpoint: ${TRANSPORTS}`;
  if (port === '*') return how === 'bind' ? undefined : 'must name the port to connect to';
  // ZeroMQ takes 70000 as well, and silently listens on 70000 modulo 65536.
  if (Number(port) > 65_535) return 'must have a port up to 65535';
  return undefined;
}

/**
 * Whether other machines can reach what is bound here. Without CURVE, ZeroMQ has neither encryption nor
 * authentication, so anybody who can reach it can publish into the hub.
 */
export function isExposed(endpoint: string): boolean {
  const host = TCP.exec(endpoint)?.groups?.host;
  return host !== undefined && !LOOPBACK_HOST.test(host);
}

/** Whether the endpoint is an IPv6 literal, for which ZeroMQ's `ipv6` option must be on. */
export function isIpv6(endpoint: string): boolean {
  return endpoint.startsWith('tcp://[');
}
