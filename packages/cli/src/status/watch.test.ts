import { expect, test } from 'vitest';
import { append, redraw } from './watch.js';

/** Collects what is written, and ends the watching at the `last`th frame. */
function watchFor(last: number, rows?: number) {
  const controller = new AbortController();
  let written = '';
  let frames = 0;
  const screen = {
    ...(rows === undefined ? {} : { rows }),
    write(text: string) {
      written += text;
    },
  };
  const frame = async () => {
    frames += 1;
    if (frames === last) controller.abort();
    return `frame ${frames}\nsecond\nthird`;
  };
  return { frame, options: { intervalMs: 1, screen, signal: controller.signal }, written: () => written };
}

test('frames are drawn over each other on the alternate screen, which is left at the end', async () => {
  const { frame, options, written } = watchFor(2);
  await redraw(frame, options);
  expect(written()).toBe(
    '\x1b[?1049h\x1b[?25l' +
      '\x1b[Hframe 1\x1b[K\nsecond\x1b[K\nthird\x1b[K\x1b[J' +
      '\x1b[Hframe 2\x1b[K\nsecond\x1b[K\nthird\x1b[K\x1b[J' +
      '\x1b[?25h\x1b[?1049l',
  );
});

test('a frame never has more lines than the terminal', async () => {
  const { frame, options, written } = watchFor(1, 2);
  await redraw(frame, options);
  expect(written()).toContain('\x1b[Hframe 1\x1b[K\n… 2 more lines\x1b[K\x1b[J');
});

test('the terminal is put back when a frame fails', async () => {
  const { options, written } = watchFor(1);
  await expect(redraw(() => Promise.reject(new Error('gone')), options)).rejects.toThrow('gone');
  expect(written()).toBe('\x1b[?1049h\x1b[?25l\x1b[?25h\x1b[?1049l');
});

test('piped, frames follow each other', async () => {
  const { frame, options, written } = watchFor(2);
  await append(frame, options);
  expect(written()).toBe('frame 1\nsecond\nthird\nframe 2\nsecond\nthird\n');
});
