// The short hash by which compiled modules and what went into them are told apart.
import { createHash } from 'node:crypto';

/** 16 hexadecimal digits of SHA-256: enough to tell versions of one file apart, short enough for a file name. */
export function contentHash(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 16);
}
