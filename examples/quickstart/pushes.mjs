// Makes up the messages of the quickstart: pushes to the projects of a code forge, each with the files it changed.

const PROJECTS = ['aqueduct', 'beacon', 'cooper', 'dovetail', 'estuary'];
const AUTHORS = ['ada', 'barbara', 'edsger', 'grace', 'leslie', 'margaret', 'tony'];
const FOLDERS = 'api bench client docs examples i18n migrations schema server test vendor'.split(' ');
const NAMES = 'auth billing cache index journal login model queue report session token'.split(' ');
const ENDINGS = 'ts test.ts tsx js css md sql json yaml go rs py c h sh svg'.split(' ');

/** How many files a push changes. Together with the 200 rules of `badges` it makes that consumer the slow one. */
const FILES = 40;

/**
 * The n-th push. The same number makes the same push.
 *
 * @param {number} n
 * @returns {{ topic: string, push: { project: string, author: string, files: { path: string, added: number, removed: number }[] } }}
 */
export function pushNumber(n) {
  const random = sequence(n + 1);
  const pick = (list) => list[random(list.length)];
  const project = pick(PROJECTS);
  const files = Array.from({ length: FILES }, () => {
    const folders = Array.from({ length: 1 + random(4) }, () => pick(FOLDERS));
    return { path: `${folders.join('/')}/${pick(NAMES)}.${pick(ENDINGS)}`, added: random(120), removed: random(80) };
  });
  return { topic: `org.example.forge.${project}.push`, push: { project, author: pick(AUTHORS), files } };
}

/** Pseudo-random whole numbers below a limit (xorshift32), so that a run can be repeated exactly. */
function sequence(seed) {
  let state = Math.imul(seed, 0x9e3779b1) | 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}
