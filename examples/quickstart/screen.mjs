// Shows a block of text that changes: redrawn in place on a terminal, one block after the other where it is piped.

/** How often a block is written where nothing can be redrawn. */
const PLAIN_EVERY_MS = 5_000;

const CLEAR_BELOW = '\x1b[J';
const up = (lines) => (lines === 0 ? '' : `\x1b[${lines}A`);

export class Screen {
  /** @param {NodeJS.WriteStream} out Usually process.stdout. */
  constructor(out) {
    this.out = out;
    this.onTerminal = out.isTTY === true;
    this.drawnLines = 0;
    this.lastPlainAt = Number.NEGATIVE_INFINITY;
  }

  /** How text is to be rendered to fit: options of renderStatus. */
  get style() {
    return this.onTerminal ? { colour: this.out.hasColors(), width: this.out.columns } : {};
  }

  /** Shows the block in place of the one before; on a pipe only every few seconds. */
  show(text) {
    if (this.onTerminal) {
      this.out.write(`${up(this.drawnLines)}\r${CLEAR_BELOW}${text}\n`);
      this.drawnLines = text.split('\n').length;
    } else if (performance.now() - this.lastPlainAt >= PLAIN_EVERY_MS) {
      this.out.write(`${text}\n\n`);
      this.lastPlainAt = performance.now();
    }
  }
}
