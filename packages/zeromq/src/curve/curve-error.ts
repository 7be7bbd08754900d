// What keeps a socket from using CURVE; a file of its own, since readers of key files and their callers share it.

/** Its message says which option or file, what is wrong with it, and what to do; it never has a secret key in it. */
export class CurveError extends Error {
  override readonly name = 'CurveError';
}
