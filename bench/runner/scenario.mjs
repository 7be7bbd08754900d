// What a scenario is. The runner knows nothing else about one, so that a new scenario is one new file.

/**
 * What one measurement is asked to do; plain data, since it crosses into a process of its own.
 *
 * @typedef {object} Task
 * @property {string} scenario
 * @property {'prepare' | 'figure' | 'reference'} step what is done
 * @property {'figure' | 'reference'} side what it is done for
 * @property {number} consumers
 * @property {string | undefined} variant
 * @property {boolean} quick small counts: for a check that it runs, not for figures
 * @property {string} dir an empty directory of this measurement's own
 * @property {string} shared a directory that lasts for the whole run
 */

/**
 * @typedef {object} Measurement
 * @property {number} value in the scenario's unit
 * @property {number} lost deliveries that should have come and did not; any fails the run
 * @property {number} repeated deliveries that came again though nothing failed; any fails the run
 * @property {Record<string, number>} [also] further figures by name
 */

/**
 * A line of the table.
 *
 * @typedef {object} Row
 * @property {number} consumers
 * @property {string} [variant] what sets the row apart from others with as many consumers
 * @property {number} [floor] the worst ratio that is acceptable; none: the row is only printed
 * @property {number} [aim] the ratio that is aimed at
 * @property {number} [mostOver] how much the figure may be over its reference, in the scenario's unit; for a cost that is
 *   bounded by itself, whatever it is a multiple of
 */

/**
 * A further figure as it is printed, with a bound or without.
 *
 * @typedef {object} Further
 * @property {string} of its name in `also`
 * @property {string} label
 * @property {string} unit
 * @property {'perConsumer'} [show] the difference to the reference's for each of the row's consumers is what counts,
 *   not the figure itself
 * @property {number} [overReference] how much the figure's may be over the reference's
 */

/**
 * @typedef {object} Scenario
 * @property {string} name also its file's
 * @property {string} title one line for people: the figure, and what it stands beside
 * @property {string} unit
 * @property {'higher' | 'lower'} better of the figure, and so of the ratio
 * @property {Row[]} rows
 * @property {Further[]} [further] figures that are printed below the row, and may have bounds of their own
 * @property {number} [timeoutMs] how long one measurement may take; 120,000 by default
 * @property {(task: Pick<Task, 'quick' | 'shared' | 'variant'>) => string | undefined} [obstacle] why a row cannot
 *   run here; it is then skipped by name
 * @property {(task: Task) => Promise<void>} [prepare] runs before each measurement, in another process; may take
 *   five times as long
 * @property {(task: Task) => Promise<Measurement>} figure
 * @property {(task: Task) => Promise<Measurement>} reference
 */

export {};
