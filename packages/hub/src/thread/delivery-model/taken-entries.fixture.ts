// Which entries each lane has taken and not delivered yet, in order. Apart from the lanes: what tells of it stands in for
// a part of them.

/** Ordinals, by the context of a lane. */
const taken = new WeakMap<object, number[]>();
let opened: object = {};

/** From now on, what the lane with this context takes is noted; it is opened next. */
export function watchTaken(context: object): void {
  taken.set(context, []);
  opened = context;
}

/** The context of the lane that is being opened. */
export const openedContext = (): object => opened;

/** The ordinals of the next messages that it delivers. */
export function nextTaken(context: object, count: number): number[] {
  return taken.get(context)?.splice(0, count) ?? [];
}

/** To be called with each entry that it takes. */
export function noteTaken(context: object, ordinal: number): void {
  taken.get(context)?.push(ordinal);
}

/** To be called with an entry that it has put back. */
export function notePutBack(context: object, ordinal: number): void {
  const ordinals = taken.get(context) ?? [];
  ordinals.splice(ordinals.indexOf(ordinal), 1);
}
