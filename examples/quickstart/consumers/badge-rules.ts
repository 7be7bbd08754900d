// The 200 rules by which `badges` looks at a push: 25 areas of a code base times 8 feats, each rule a predicate
// of its own that reads the whole push, as rules that people add one by one over the years do.

import { editDistance } from './edit-distance.js';

export interface ChangedFile {
  readonly path: string;
  readonly added: number;
  readonly removed: number;
}

export interface Push {
  readonly project: string;
  readonly author: string;
  readonly files: readonly ChangedFile[];
}

export interface BadgeRule {
  /** Such as `gardener of migrations`. */
  readonly badge: string;
  readonly earned: (push: Push) => boolean;
}

const AREAS: Readonly<Record<string, RegExp>> = {
  TypeScript: /\.tsx?$/,
  JavaScript: /\.m?jsx?$/,
  styles: /\.(?:css|scss|less)$/,
  prose: /(?:^|\/)docs?\/|\.md$/,
  tests: /(?:^|\/)tests?\/|\.test\.\w+$/,
  benchmarks: /(?:^|\/)bench(?:marks)?\//,
  examples: /(?:^|\/)examples?\//,
  translations: /(?:^|\/)(?:i18n|locales?)\//,
  migrations: /(?:^|\/)migrations?\/|\.sql$/,
  schemas: /(?:^|\/)schema\/.*\.(?:json|ya?ml)$/,
  configuration: /\.(?:json|ya?ml|toml)$/,
  'vendored code': /(?:^|\/)vendor\//,
  'the API': /(?:^|\/)api\/(?!.*\/test\/)/,
  'the client': /(?:^|\/)client\/.*\.(?:tsx?|css|svg)$/,
  'the server': /(?:^|\/)server\/.*\.(?:ts|go|rs|sql)$/,
  security: /(?:^|\/)(?:auth|login|session|token)\b[^/]*$/,
  payments: /(?:^|\/)(?:billing|report)\.[^/]+$/,
  storage: /(?:^|\/)(?:cache|journal|queue|model)\.[^/]+$/,
  Go: /\.go$/,
  Rust: /\.rs$/,
  Python: /\.py$/,
  C: /\.[ch]$/,
  shell: /\.(?:ba|z)?sh$/,
  pictures: /\.(?:svg|png|webp)$/,
  'deep corners': /^(?:[^/]+\/){4,}/,
};

type Feat = (area: readonly ChangedFile[], push: Push) => boolean;

const FEATS: Readonly<Record<string, Feat>> = {
  'visitor of': (area) => area.length > 0,
  'regular of': (area) => area.length >= 8,
  'builder of': (area) => sum(area.map(added)) >= 500,
  'gardener of': (area) => sum(area.map(removed)) > sum(area.map(added)),
  'surgeon of': (area, push) => quantile(0.5, area.map(lines)) * 2 < quantile(0.5, push.files.map(lines)),
  'copyist of': (area, push) => area.filter((file) => push.files.filter(like(file)).length > 1).length >= 2,
  'steady hand of': (area, push) => deviation(area.map(lines)) < deviation(push.files.map(lines)),
  'keeper of': (area, push) => quantile(0.1, area.map(lines)) > quantile(0.25, push.files.map(lines)),
};

/** All rules, 200 of them. */
export const BADGE_RULES: readonly BadgeRule[] = Object.entries(AREAS).flatMap(([area, paths]) =>
  Object.entries(FEATS).map(([feat, earns]) => ({
    badge: `${feat} ${area}`,
    earned: (push) =>
      earns(
        push.files.filter((file) => paths.test(file.path)),
        push,
      ),
  })),
);

const added = (file: ChangedFile): number => file.added;
const removed = (file: ChangedFile): number => file.removed;
const lines = (file: ChangedFile): number => file.added + file.removed;

/** Whether another file may well be a copy of this one, by its name; it is like itself, too. */
const like =
  (file: ChangedFile) =>
  (other: ChangedFile): boolean =>
    editDistance(nameOf(file), nameOf(other)) <= 2;

const nameOf = (file: ChangedFile): string => file.path.slice(file.path.lastIndexOf('/') + 1);

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The value below which `share` of the values lie; 0 of none. */
function quantile(share: number, values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(share * sorted.length)] ?? 0;
}

function deviation(values: readonly number[]): number {
  const mean = sum(values) / values.length;
  return Math.sqrt(sum(values.map((value) => (value - mean) ** 2)) / values.length);
}
