// Reads options through a zod schema and turns what is wrong into one PenstockError: each problem with its
// path, the value's fault, and for an unknown key the nearest known one. Bus packages use it for theirs too.
import { closest, distance } from 'fastest-levenshtein';
import { z } from 'zod';
import { PenstockError } from './errors.js';

/** Names of options whose value no message shows: messages end up in logs. The path of a file is none, nor is a part of a topic. */
const SECRET = /(?:secret|password|(?<!topic)token)(?!.*file$)/i;

/**
 * Checks `value` against `schema` and fills in defaults.
 *
 * @param schema A zod schema; its object schemas should be strict.
 * @param value What the user wrote.
 * @param where How messages name the value, such as `hub.config.ts` or `zeromq()`.
 * @throws CONFIG_INVALID with one line for each problem; TOPIC_PATTERN_INVALID when only topic patterns are wrong.
 */
export function parseOptions<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  where: string,
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const lines = result.error.issues.flatMap((issue) => describe(issue, schema, value));
  const onlyPatterns = result.error.issues.every((issue) => issue.code === 'custom' && issue.params?.pattern === true);
  throw new PenstockError(
    onlyPatterns ? 'TOPIC_PATTERN_INVALID' : 'CONFIG_INVALID',
    lines.map((line) => `${where}: ${line}`).join('\n'),
  );
}

function describe(issue: z.core.$ZodIssue, schema: z.ZodType, value: unknown): string[] {
  const path = showPath(issue.path);
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, issue.path);
    return issue.keys.map((key) => {
      if (known.includes(key)) {
        const others = Object.keys(Object(valueAt(value, issue.path))).filter((each) => !issue.keys.includes(each));
        return `${path}: "${key}" does not go with ${others.map((each) => `"${each}"`).join(' and ')}; leave one out`;
      }
      const nearest = nearestOf(key, known);
      const hint = nearest === undefined ? `known here: ${known.join(', ')}` : `did you mean "${nearest}"?`;
      return `unknown key "${path === '' ? key : `${path}.${key}`}"; ${hint}`;
    });
  }
  if (issue.code === 'invalid_key') {
    const [inner] = issue.issues;
    return [`${showPath(issue.path.slice(0, -1))}: ${inner?.message ?? issue.message}, not ${show(issue.path.at(-1))}`];
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const [inner] = issue.errors.toSorted((a, b) => depth(b) - depth(a));
    // Of an object without any key, no alternative says more than all of them do.
    const isEmpty = Object.keys(Object(valueAt(value, issue.path))).length === 0;
    if (inner !== undefined && depth(inner) > 0 && !isEmpty) {
      return inner.flatMap((each) => describe({ ...each, path: [...issue.path, ...each.path] }, schema, value));
    }
  }
  const subject = path === '' ? 'the value' : path;
  if (issue.path.some((key) => SECRET.test(String(key)))) return [`${subject}: ${issue.message}`];
  if (issue.code === 'custom' && issue.params?.pattern === true) {
    return [`${subject}: ${show(valueAt(value, issue.path))} ${issue.message}`];
  }
  return [`${subject}: ${issue.message}, not ${show(valueAt(value, issue.path))}`];
}

/** The known key that was most likely meant: one that begins as the other does, or one that is spelled much like it. */
function nearestOf(key: string, known: readonly string[]): string | undefined {
  const wanted = key.toLowerCase();
  const begun = known.find((each) => wanted.startsWith(each.toLowerCase()) || each.toLowerCase().startsWith(wanted));
  if (begun !== undefined || known.length === 0) return begun;
  const nearest = closest(key, known);
  return distance(key, nearest) <= Math.max(2, nearest.length / 2) ? nearest : undefined;
}

const depth = (issues: readonly z.core.$ZodIssue[]): number => Math.max(0, ...issues.map((issue) => issue.path.length));

function showPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], value);
}

function show(value: unknown): string {
  if (value === undefined) return 'given';
  if (typeof value === 'function') return 'a function';
  try {
    const text = JSON.stringify(value, (key, inner) => (SECRET.test(key) ? '(hidden)' : inner)) ?? String(value);
    return text.length > 60 ? `${text.slice(0, 57)}...` : text;
  } catch {
    return 'a value that cannot be shown';
  }
}

/** The keys that an object schema knows at `path`, seen through defaults, optionals, arrays and records. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const here = unwrap(schema);
  if (here instanceof z.ZodUnion) return here.options.flatMap((option) => keysAt(option as z.ZodType, path));
  const [key, ...rest] = path;
  if (key === undefined) return here instanceof z.ZodObject ? Object.keys(here.shape) : [];
  if (here instanceof z.ZodObject) {
    const next = here.shape[String(key)] as z.ZodType | undefined;
    return next === undefined ? [] : keysAt(next, rest);
  }
  if (here instanceof z.ZodArray) return keysAt(here.element as z.ZodType, rest);
  if (here instanceof z.ZodRecord) return keysAt(here.valueType as z.ZodType, rest);
  return [];
}

function unwrap(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return unwrap(schema.unwrap() as z.ZodType);
  }
  return schema;
}
