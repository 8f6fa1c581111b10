import * as z from 'zod';
import { isObject, type JsonObject } from '../../lib/json.ts';
import type { Sandbox } from '../../local/sandboxes/sandbox.ts';
import { sameEmail } from '../../local/sandboxes/users.ts';
import type { Wanted } from './people.ts';

/** A user as it stands at a provider. */
export interface AccountUser {
  readonly provider: string;
  /** The provider's own id, which completions tell. */
  readonly id: string;
  readonly key: string;
  readonly email: string;
  /** Milliseconds since the epoch. */
  readonly madeAt: number;
  /** Was there before anybody asked for it. */
  readonly isStranger: boolean;
  readonly fields: JsonObject;
}

const fireworksUser = z.looseObject({ name: z.string(), email: z.string(), createTime: z.string() });
const vectaraUser = z.looseObject({
  id: z.string(),
  username: z.string(),
  email: z.string(),
  created_at: z.string(),
});

const scimUser = z.looseObject({
  id: z.string(),
  userName: z.string(),
  emails: z.tuple([z.looseObject({ value: z.string() })]),
  meta: z.looseObject({ created: z.string() }),
});

const readers = new Map([
  ['fireworks', readFireworks],
  ['vectara', readVectara],
  ['scim', readScim],
]);

/** All users of all accounts; of a stranger the id is known. */
export function usersOf(sandboxes: readonly Sandbox[], strangerIds: ReadonlySet<string>): AccountUser[] {
  return sandboxes.flatMap(({ name, users }) =>
    users().map((fields) => {
      const told = readers.get(name)?.(fields);
      if (told === undefined) throw new Error(`Nobody can read the users of ${name}`);
      return { provider: name, ...told, isStranger: strangerIds.has(told.id), fields };
    }),
  );
}

function readFireworks(fields: JsonObject) {
  const { name, email, createTime } = fireworksUser.parse(fields);
  return { id: name, key: name.split('/').at(-1) ?? '', email, madeAt: Date.parse(createTime) };
}

function readVectara(fields: JsonObject) {
  const { id, username, email, created_at } = vectaraUser.parse(fields);
  return { id, key: username, email, madeAt: Date.parse(created_at) };
}

function readScim(fields: JsonObject) {
  const { id, userName, emails, meta } = scimUser.parse(fields);
  return { id, key: userName, email: emails[0].value, madeAt: Date.parse(meta.created) };
}

/** Roles that are outside the allow-list: who holds one is never the user of a request. */
const FORBIDDEN_ROLES = ['admin', 'owner', 'administrator', 'billing_administrator'];

/** Whether the user holds the key or the e-mail that the request needs. */
export function isInTheWay(user: AccountUser, { provider, key, email }: Wanted): boolean {
  return user.provider === provider && (same(key, user.key) || same(email, user.email));
}

/** Whether the user has the request's key; where Usher derives it, the e-mail tells. */
export function hasKeyOf(user: AccountUser, { provider, key, email }: Wanted): boolean {
  return user.provider === provider && (key === undefined ? same(email, user.email) : same(key, user.key));
}

/** Whether the user is the one that the request asks for, in identity and privilege. */
export function isWanted(user: AccountUser, wanted: Wanted): boolean {
  const { key = user.key, email = user.email, privileges } = wanted;
  if (user.provider !== wanted.provider || !same(key, user.key) || !same(email, user.email)) return false;
  const roles = [user.fields.role, user.fields.api_roles, user.fields.roles].flat();
  if (roles.some((role) => FORBIDDEN_ROLES.includes(isObject(role) ? String(role.value) : String(role))))
    return false;
  return Object.entries(privileges).every(
    ([field, value]) => canonical(value) === canonical(user.fields[field]),
  );
}

/** The descriptive fields in which the user is not as the request says. */
export function differencesFrom(user: AccountUser, { descriptions }: Wanted): string[] {
  return Object.keys(descriptions).filter((field) => descriptions[field] !== (user.fields[field] ?? ''));
}

/** Of keys too: a username may be an e-mail. */
function same(one: string | undefined, other: string): boolean {
  return one !== undefined && sameEmail(one, other);
}

/** The same text for the same set. */
function canonical(value: unknown): string {
  const members = Array.isArray(value) ? value.map((member) => JSON.stringify(member)).sort() : value;
  return JSON.stringify(members ?? null);
}
