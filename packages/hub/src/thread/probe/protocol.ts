// What the probe thread is asked and what it answers.
import type { ErrorData } from '../../errors.js';

export interface ProbeRequest {
  readonly consumers: readonly { readonly consumer: string; readonly url: string }[];
}

export type ProbeResult =
  | { readonly type: 'loaded'; readonly consumer: string; readonly statics: Readonly<Record<string, unknown>> }
  | { readonly type: 'failed'; readonly consumer: string; readonly error: ErrorData };
