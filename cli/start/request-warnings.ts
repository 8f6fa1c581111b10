import { type Facts, factsOf } from '../../lib/events/facts.ts';
import { unwrap } from '../../lib/events/unwrap.ts';
import { parseJson } from '../../lib/json.ts';
import { amount } from '../terminal/text.ts';
import { lineNumbers, ONE_A_LINE, type RequestLine } from './request-lines.ts';

const MAX_TOLD = 5;

/** What a person should know of lines that can be sent, and that may not be what they meant. */
export function warningsFor(lines: readonly RequestLine[], text: string): string[] {
  return [...notJson(lines, text), ...sameIdentity(lines)];
}

function notJson(lines: readonly RequestLine[], text: string): string[] {
  const broken = lines.filter(({ body }) => parseJson(body) === undefined);
  if (broken.length === 0) return [];
  const told = `${lineNumbers(broken)}: not JSON; sent as is and dead-lettered.`;
  const isOneDocument = parseJson(text) !== undefined;
  return isOneDocument ? [told, `The input as a whole is one JSON document. ${ONE_A_LINE}`] : [told];
}

/** The same text twice is meant to be one request; another text is most likely meant to be another one. */
function sameIdentity(lines: readonly RequestLine[]): string[] {
  const alike = Map.groupBy(lines, ({ body }) => identityOf(factsOf(unwrap(body).event)));
  alike.delete(undefined);
  const doubtful = [...alike.values()].filter((group) => new Set(group.map(({ body }) => body)).size > 1);
  const told = doubtful
    .slice(0, MAX_TOLD)
    .map(
      (group) =>
        `${lineNumbers(group)} have the same id and source: Usher takes them for one request, and their outcomes cannot be told apart.`,
    );
  const more = doubtful.length - MAX_TOLD;
  return more > 0 ? [...told, `So it is with ${amount(more)} more ids.`] : told;
}

/** Undefined where Usher goes by the message instead. */
function identityOf({ id, source }: Facts): string | undefined {
  return id === undefined || source === undefined ? undefined : JSON.stringify([source, id]);
}
