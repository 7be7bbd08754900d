/**
 * What a bus's package imports.
 *
 * @module @penstock/hub/source
 */
export type { Logger } from '../consumer-context.js';
export { PenstockError } from '../errors.js';
export { Service } from '../lifecycle.js';
export type { Body, Headers } from '../message.js';
export { checkHeaders, MAX_HEADER_BYTES } from '../message.js';
export { parseOptions } from '../options.js';
export { topicProblem } from '../topic.js';
export type { Source, SourceContext, SourceDefinition, SourceIntake } from './source.js';
