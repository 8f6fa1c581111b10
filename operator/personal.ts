import { unwrap } from '../lib/events/unwrap.ts';
import { isObject, type JsonObject } from '../lib/json.ts';

const EMAIL = /[^\s"'<>()[\]{},;:\\]+@[^\s"'<>()[\]{},;:\\]+/g;
export const MASK = '•••';
/** Of `data.user`, what is no person's: everything else may be. */
const IMPERSONAL = new Set([
  'role',
  'api_roles',
  'corpus_roles',
  'agent_roles',
  'permissionPreset',
  'serviceAccount',
]);
/** A shorter value would be found inside of other words. */
const LEAST = 3;

/** What a request tells of a person: the texts of `data.user` but for roles. */
export function personalIn(body: string): string[] {
  const data = unwrap(body).event?.data;
  const user = isObject(data) && isObject(data.user) ? data.user : {};
  const values = Object.entries(user).flatMap(([name, value]) => (IMPERSONAL.has(name) ? [] : [value]));
  return values.filter((value): value is string => typeof value === 'string' && value.length >= LEAST);
}

/** A text without e-mails and without what is known to be a person's. */
export function masked(text: string, personal: readonly string[]): string {
  const known = personal.reduce((rest, value) => rest.replaceAll(value, MASK), text);
  return known.replace(EMAIL, MASK);
}

/** The same for every text inside a value; of `user`, whatever is no role is masked whole. */
export function maskedValue(value: unknown, personal: readonly string[], name = ''): unknown {
  if (typeof value === 'string') return masked(value, personal);
  if (Array.isArray(value)) return value.map((member) => maskedValue(member, personal));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      masked(key, personal),
      name === 'user' && !IMPERSONAL.has(key) ? MASK : maskedValue(member, personal, key),
    ]),
  ) satisfies JsonObject;
}
