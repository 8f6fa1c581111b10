import type { Letter } from './letter.ts';
import { namesOf } from './letter.ts';

/** Which letters are meant; what is left out selects nothing away, and a list means any of its entries. */
export interface Selection {
  /** SQS message ids, outcome ids or request ids. */
  readonly ids?: readonly string[];
  readonly code?: readonly string[];
  readonly provider?: readonly string[];
  readonly connection?: readonly string[];
  readonly remote?: readonly string[];
  /** Milliseconds since 1970. */
  readonly before?: number;
  readonly after?: number;
  /** A text that stands somewhere in the letter, in whatever case. */
  readonly match?: string;
  /** Every letter, in so many words. */
  readonly all?: boolean;
}

/** Whether nothing was said that selects. */
export function isEmpty(selection: Selection): boolean {
  return Object.values(selection).every(
    (value) => value === undefined || value === false || Object(value).length === 0,
  );
}

/** The one predicate by which letters are counted, told and acted on. */
export function selects(selection: Selection, letter: Letter): boolean {
  const {
    ids = [],
    before = Number.POSITIVE_INFINITY,
    after = Number.NEGATIVE_INFINITY,
    match = '',
  } = selection;
  if (ids.length > 0 && !namesOf(letter).some((name) => ids.includes(name))) return false;
  if (letter.at >= before || letter.at <= after) return false;
  if (
    !(['code', 'provider', 'connection', 'remote'] as const).every((field) =>
      isAmong(selection[field], letter[field]),
    )
  )
    return false;
  return letter.body.toLowerCase().includes(match.toLowerCase());
}

/** A letter that does not tell is meant by `-`. */
function isAmong(wanted: readonly string[] = [], found = '-'): boolean {
  return wanted.length === 0 || wanted.includes(found);
}
