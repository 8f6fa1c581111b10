import { isObject } from '../../lib/json.ts';

/** Whether a line of log, parsed, is what is looked for. */
export type Matches = (entry: unknown) => boolean;

const TERM = /^\$\.([\w.]+)\s*(=|!=)\s*(?:"([^"]*)"|(-?\d+))$/;

/**
 * As much of CloudWatch's filter patterns as Usher's own commands and its documentation use: `{ $.a = "b*" && $.c != 1 || … }`.
 * Undefined where a pattern is none of these.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
export function readPattern(pattern: string): Matches | undefined {
  if (pattern.trim() === '') return () => true;
  const [, inner] = /^\s*\{(.*)\}\s*$/.exec(pattern) ?? [];
  const terms = inner?.split('||').map((any) => any.split('&&').map((every) => readTerm(every.trim())));
  if (terms === undefined || terms.flat().includes(undefined)) return undefined;
  return (entry) => terms.some((every) => every.every((matches) => matches?.(entry)));
}

function readTerm(term: string): Matches | undefined {
  const [, path = '', comparison, text, number] = TERM.exec(term) ?? [];
  if (comparison === undefined) return undefined;
  const expected = text === undefined ? undefined : wildcard(text);
  const isEqual = (value: unknown) =>
    expected ? typeof value === 'string' && expected.test(value) : value === Number(number);
  return (entry) => {
    const value = path
      .split('.')
      .reduce<unknown>((outer, name) => (isObject(outer) ? outer[name] : undefined), entry);
    return comparison === '=' ? isEqual(value) : value !== undefined && !isEqual(value);
  };
}

function wildcard(text: string): RegExp {
  return new RegExp(
    `^${text
      .split('*')
      .map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'))
      .join('.*')}$`,
    's',
  );
}
