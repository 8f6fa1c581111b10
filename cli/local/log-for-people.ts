import { styleText } from 'node:util';
import { isObject, type JsonObject, parseJson } from '../../lib/json.ts';
import { printable } from '../terminal/text.ts';

/** What a line of the functions' log tells a person; undefined for metrics, which are for CloudWatch. */
export function forPeople(
  line: string,
  functionName: string,
  reasonOf: (messageId: string) => string | undefined,
): string | undefined {
  const entry = parseJson(line);
  if (!isObject(entry)) return `${functionName}: ${printable(line)}`;
  if (entry._aws !== undefined) return undefined;
  const { timestamp, level, message, requestId, messageId, stack, ...rest } = entry;
  const time = String(timestamp).slice(11, 19);
  const about = requestId ?? messageId;
  const reason = message === 'request dead-lettered' ? reasonOf(String(messageId)) : undefined;
  const facts = [about, ...FACTS.flatMap((name) => factOf(name, rest)), reason].filter(
    (fact) => fact !== undefined,
  );
  const said = [message ?? rest.errorMessage ?? functionName, ...facts].map(String).join(' · ');
  return `${time}  ${styleText(looks.get(String(level)) ?? 'reset', printable(said), { stream: process.stderr })}`;
}

const looks = new Map([
  ['WARN', 'yellow'],
  ['ERROR', 'red'],
  ['FATAL', 'red'],
] as const satisfies [string, Parameters<typeof styleText>[0]][] as [string, 'yellow' | 'red'][]);

/** In this order. */
const FACTS = [
  'provider',
  'connection',
  'code',
  'httpStatus',
  'secret',
  'problem',
  'receives',
  'delaySeconds',
  'cause',
];
const WORDS = new Map([
  ['httpStatus', 'HTTP'],
  ['receives', 'receive'],
  ['delaySeconds', 'again in s'],
]);
/** Told as they are. */
const BARE = new Set(['provider', 'connection', 'code', 'problem']);

function factOf(name: string, entry: JsonObject): string[] {
  const value = entry[name];
  if (value === undefined) return [];
  return [BARE.has(name) ? String(value) : `${WORDS.get(name) ?? name} ${value}`];
}
