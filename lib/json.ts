import { randomUUID } from 'node:crypto';

// Not yet among TypeScript's own types: https://tc39.es/proposal-json-parse-with-source/
declare global {
  interface JSON {
    /** Stands for a number, text, boolean or null, and is written as exactly this JSON. */
    rawJSON(text: string): object;
    isRawJSON(value: unknown): boolean;
  }
}

export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value);
}

/** The parsed text, or undefined where it is not JSON; the parser's error would quote the text, so it is dropped. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;

/**
 * Like `parseJson`, but written again as JSON each number keeps the digits that it had. Throws a `RangeError` where the
 * text nests so deep that it cannot be written again.
 */
export function parseKeepingDigits(text: string): unknown {
  if (parseJson(text) === undefined) return undefined;
  // A reviver would be told the digits too, at forty times the cost: half a second for 100,000 numbers.
  const mark = randomUUID();
  const marked = text.replace(STRING_OR_NUMBER, (token) =>
    token.startsWith('"') || String(Number(token)) === token ? token : `"${mark}${token}"`,
  );
  return marked === text ? JSON.parse(text) : unmarked(JSON.parse(marked), mark);
}

function unmarked(value: unknown, mark: string): unknown {
  if (typeof value === 'string')
    return value.startsWith(mark) ? JSON.rawJSON(value.slice(mark.length)) : value;
  if (Array.isArray(value)) return value.map((member) => unmarked(member, mark));
  if (!isObject(value)) return value;
  // A member named __proto__ is its own here, as the parser made it, and stays so.
  for (const [name, member] of Object.entries(value)) value[name] = unmarked(member, mark);
  return value;
}
