// An error as fields of a log line.
import { toErrorData } from '../../errors.js';

export function failureFields(error: unknown): Record<string, unknown> {
  const { name, message, stack, code } = toErrorData(error);
  return {
    error: `${name}: ${message}`,
    ...(code === undefined ? {} : { code }),
    ...(stack === undefined ? {} : { stack }),
  };
}
