// What the probe thread is asked and what it answers.
import type { ErrorData } from '../../errors.js';

export interface ProbeRequest {
  readonly consumers: readonly { readonly consumer: string; readonly url: string }[];
}

/** What a consumer class says of itself. */
export interface ProbedClass {
  /** Empty for a class without a name. */
  readonly className: string;
  /** Whether it has `consumeBatch`, and not `consume`. */
  readonly batch: boolean;
  readonly statics: Readonly<Record<string, unknown>>;
}

export type ProbeResult =
  | ({ readonly type: 'loaded'; readonly consumer: string } & ProbedClass)
  | { readonly type: 'failed'; readonly consumer: string; readonly error: ErrorData };
