// Writing short text fast: a call into Buffer costs as much as copying thirty characters in a loop.

const LOOP_UP_TO = 48;

/** Writes `text` as UTF-8 at `at`, where there is room for it; returns how many bytes it took. */
export function writeText(target: Buffer, at: number, text: string): number {
  const length = text.length;
  if (length > LOOP_UP_TO) return target.write(text, at);
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return target.write(text, at);
    target[at + i] = code;
  }
  return length;
}
