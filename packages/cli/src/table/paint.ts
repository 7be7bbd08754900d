// What the colours mean, the same in every command: dim for what needs no look, bold for what to look at, green for
// well, yellow for not yet, red for amiss.
import type { Paint } from './look.js';

export const dim: Paint = (colours) => colours.dim;
export const bold: Paint = (colours) => colours.bold;
export const green: Paint = (colours) => colours.green;
export const yellow: Paint = (colours) => colours.yellow;
export const red: Paint = (colours) => colours.red;
export const cyan: Paint = (colours) => colours.cyan;
