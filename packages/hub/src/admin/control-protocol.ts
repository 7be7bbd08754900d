// How answers and requests pass over the control socket: HTTP, with JSON for whatever is no plain run of bytes. Both
// ends import this file; what can be asked is in the *-routes.ts files, each with both of its ends.

/** JSON knows no Infinity, which a catch-up time can be: it travels as `{ "$number": "Infinity" }`. */
const NUMBER_KEY = '$number';

/** What a body of bytes, rather than JSON, says that it is. */
export const BYTES_TYPE = 'application/octet-stream';
export const JSON_TYPE = 'application/json; charset=utf-8';

export function encodeJson(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'number' && !Number.isFinite(each) ? { [NUMBER_KEY]: String(each) } : each,
  );
}

/** The counterpart of {@link encodeJson}; fields that were undefined are left out. */
export function decodeJson(json: string): unknown {
  return JSON.parse(json, (_key, each: unknown) =>
    typeof each === 'object' && each !== null && NUMBER_KEY in each ? Number(each[NUMBER_KEY]) : each,
  );
}
