import { isDeepStrictEqual } from 'node:util';
import { DEAD_LETTERED } from '../../lib/events/types.ts';
import { unwrap } from '../../lib/events/unwrap.ts';
import { isObject, type JsonObject, parseJson, parseKeepingDigits } from '../../lib/json.ts';
import type { Outgoing } from '../aws/queue.ts';
import type { Letter } from './letter.ts';

/** A path or a value that an edit cannot use: a sentence for whoever wrote it. */
export class EditRefused extends Error {}

/** The request of a letter as it can be edited; undefined where what arrived was no JSON object. */
export function requestOf({ body }: Pick<Letter, 'body'>): JsonObject | undefined {
  return unwrap(body, undefined, parseKeepingDigits).event;
}

/** The request with one member set, as in `data.user.email=ada@example.com`; a value that is JSON is taken as such. */
export function withAssignment(request: JsonObject, assignment: string): JsonObject {
  const [, path = '', text = ''] = /^([^=]+)=(.*)$/s.exec(assignment) ?? [];
  if (path === '')
    throw new EditRefused(
      `--set ${assignment}: write a path, = and a value, as in data.user.email=ada@example.com`,
    );
  const value = parseJson(text);
  return withMember(request, path, value === undefined ? text : value);
}

/** The request without a member. */
export function withoutMember(request: JsonObject, path: string): JsonObject {
  return withMember(request, path, undefined);
}

function withMember(request: JsonObject, path: string, value: unknown): JsonObject {
  const names = path.split('.');
  const changed = structuredCloneOf(request);
  let at: JsonObject | unknown[] = changed;
  for (const name of names.slice(0, -1)) {
    const next: unknown = Object.hasOwn(at, name) ? Reflect.get(at, name) : undefined;
    if (!isObject(next) && !Array.isArray(next))
      throw new EditRefused(`${path}: ${name} is not there, or holds nothing`);
    at = next;
  }
  const last = names.at(-1) ?? '';
  if (last === '' || last === '__proto__') throw new EditRefused(`${path} is no path of a member`);
  if (value === undefined) Reflect.deleteProperty(at, last);
  else Reflect.set(at, last, value);
  return changed;
}

/** Raw numbers, which keep their digits, are taken over as they are. */
function structuredCloneOf<T>(value: T): T {
  if (Array.isArray(value)) return value.map(structuredCloneOf) as T;
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, structuredCloneOf(member)]),
  ) as T;
}

/**
 * The message that takes the place of a letter. Where the request asks for somebody or something else than before, it
 * gets a new id and the former one as `causationid`: it is another request, with answers of its own.
 */
export function edited(letter: Letter, request: JsonObject): Outgoing & { readonly request: JsonObject } {
  const before = requestOf(letter);
  const isAnother =
    before !== undefined &&
    before.id === request.id &&
    !isDeepStrictEqual(plain(before.data), plain(request.data));
  const renamed = isAnother ? { ...request, id: crypto.randomUUID(), causationid: before.id } : request;
  const { attributes, groupId, traceHeader } = letter;
  return { body: inPlaceOf(letter, renamed), attributes, groupId, traceHeader, request: renamed };
}

/** Inside the letter of ours that it came in, so that its redrives are counted; else as it is. */
function inPlaceOf({ body, kind }: Letter, request: JsonObject): string {
  const event = kind === 'event' ? parseKeepingDigits(body) : undefined;
  if (!isObject(event) || event.type !== DEAD_LETTERED || !isObject(event.data))
    return JSON.stringify(request);
  const { body: _, ...data } = event.data;
  return JSON.stringify({ ...event, data: { ...data, request } });
}

/** Numbers as their digits. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : parseJson(JSON.stringify(value));
}
