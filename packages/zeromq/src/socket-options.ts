// What all sockets have among their options, those of sources and those of publishers: where they connect or listen, how
// they connect again, and their keys.
import { z } from 'zod';
import { type CurveChecks, checkCurve, curveSchema } from './curve/options.js';
import { endpointProblem } from './endpoint.js';

/** A whole number within bounds. */
export const count = (low: number, high: number) => {
  const message = `must be a whole number from ${low} to ${high}`;
  return z.int(message).min(low, message).max(high, message);
};

/** Says what is wrong with an endpoint, or undefined when it is fine. */
type Check = typeof endpointProblem;

const endpoints = (how: 'bind' | 'connect', check: Check) =>
  z
    .union([z.string(), z.array(z.string())], 'must be an endpoint or a list of endpoints')
    .superRefine((value, context) => {
      if (value.length === 0) context.addIssue({ code: 'custom', message: 'must have an endpoint' });
      for (const [at, endpoint] of [value].flat().entries()) {
        const message = check(endpoint, how);
        const path = Array.isArray(value) ? [at] : [];
        if (message !== undefined) context.addIssue({ code: 'custom', message, path });
      }
    })
    .optional();

/** `connect` and `bind`, of which {@link checkSocket} wants exactly one. */
export const endpointShape = (check: Check = endpointProblem) => ({
  connect: endpoints('connect', check).describe(
    'Endpoint or endpoints to connect to, such as `tcp://127.0.0.1:9940` or `ipc:///run/app.sock`. Either this or `bind`.',
  ),
  bind: endpoints('bind', check).describe('Endpoint or endpoints to listen on. Either this or `connect`.'),
});

/** @param longestMs What `reconnectMaxIntervalMs` is by default. */
export const reconnectShape = (longestMs: number) => ({
  reconnectIntervalMs: count(1, 3_600_000)
    .default(100)
    .describe('First wait before a lost or refused connection is tried again, in milliseconds.'),
  reconnectMaxIntervalMs: count(1, 3_600_000)
    .default(longestMs)
    .describe('Longest such wait, in milliseconds: the wait doubles up to this.'),
});

export const curveShape = {
  curve: curveSchema
    .optional()
    .describe('Keys for encryption and authentication with CURVE; without it there is neither. See below.'),
};

interface SocketChecks extends CurveChecks {
  reconnectIntervalMs: number;
  reconnectMaxIntervalMs: number;
}

/** Checks what no option can tell by itself. */
export function checkSocket(entry: SocketChecks, context: z.RefinementCtx): void {
  if ((entry.connect === undefined) === (entry.bind === undefined)) {
    context.addIssue({ code: 'custom', message: 'must have exactly one of "connect" and "bind"' });
  }
  if (entry.reconnectMaxIntervalMs < entry.reconnectIntervalMs) {
    const message = `must be at least reconnectIntervalMs (${entry.reconnectIntervalMs})`;
    context.addIssue({ code: 'custom', path: ['reconnectMaxIntervalMs'], message });
  }
  checkCurve(entry, context);
}
