import type { JsonObject } from '../../lib/json.ts';
import { withAsciiDomain } from '../../local/sandboxes/users.ts';
import { between, pick, type Random } from './random.ts';

/** A user as somebody asks for it, under the provider's own names. */
export interface Person {
  /** Stands as `u7` in the key or the e-mail. */
  readonly number: number;
  readonly provider: (typeof PROVIDERS)[number];
  readonly connection: string;
  readonly user: JsonObject;
}

/** What a user has to be like to be the one that a request asks for. */
export interface Wanted {
  readonly provider: string;
  readonly person: number;
  /** Left out where Usher derives it. */
  readonly key: string | undefined;
  /** Left out where the provider makes it up. */
  readonly email: string | undefined;
  readonly privileges: JsonObject;
  readonly descriptions: JsonObject;
}

const PROVIDERS = ['fireworks', 'vectara', 'scim'] as const;
/** Connections of each provider, all to the same account: one that is paused holds up only its own requests. */
export const CONNECTIONS = ['default', 'europe', 'asia'];

const FIRST_NAMES = ['ada', 'grace', 'alan', 'katherine', 'edsger', 'barbara', 'niklaus', 'frances'];
const LAST_NAMES = ['lovelace', 'hopper', 'turing', 'johnson', 'dijkstra', 'liskov', 'wirth', 'allen'];
const TITLES = ['Ada 🦊', 'Grace', 'Zoë', '田中', 'A "quoted" \\ name', "O'Neill"];
const CORPORA = ['handbook', 'wiki'];
/** What a firewall does not let pass. */
export const FIREWALLED = '<script>';

/** Somebody new, with whatever fields the provider knows. */
export function newPerson(random: Random, number: number): Person {
  const provider = pick(random, PROVIDERS) ?? 'fireworks';
  return newPersonAt({ provider, connection: pick(random, CONNECTIONS) ?? '' }, random, number);
}

type Place = Pick<Person, 'provider' | 'connection'>;

function newPersonAt(place: Place, random: Random, number: number): Person {
  const names = [pick(random, FIRST_NAMES), pick(random, LAST_NAMES)];
  const domain = random() < 0.1 ? 'bücher.example' : 'example.com';
  const email = `${names.join('.')}.u${number}@${domain}`;
  const key = `${names[0]}-u${number}`;
  return { ...place, number, user: USERS[place.provider](random, email, key) };
}

/**
 * Somebody new whose create no firewall lets through, at one connection after another: two of them at once would by
 * right count as refused credentials.
 */
export function newFirewalled(random: Random, number: number, earlier: number): Person {
  const provider = PROVIDERS[earlier % PROVIDERS.length] ?? 'fireworks';
  const connection = CONNECTIONS[Math.floor(earlier / PROVIDERS.length) % CONNECTIONS.length] ?? '';
  return described(newPersonAt({ provider, connection }, random, number), `${FIREWALLED}alert(1)</script>`);
}

function forFireworks(random: Random, email: string, key: string): JsonObject {
  if (random() < 0.05) return { serviceAccount: true, userId: key, role: 'user' };
  const role = pick(random, ['user', 'contributor', 'inference-user', 'custom', undefined]);
  return {
    email,
    ...(role && { role }),
    ...(role === 'custom' && { permissionPreset: 'billing' }),
    ...sometimes(random, 'displayName', pick(random, TITLES)),
    ...(random() < 0.2 && { userId: key }),
  };
}

function forVectara(random: Random, email: string, key: string): JsonObject {
  return {
    email,
    ...sometimes(random, 'username', key),
    ...sometimes(random, 'description', pick(random, TITLES)),
    ...sometimes(random, 'api_roles', ['viewer', 'agent_user'].slice(between(random, 0, 1))),
    ...sometimes(random, 'corpus_roles', [{ corpus_key: pick(random, CORPORA), role: 'viewer' }]),
    ...sometimes(random, 'agent_roles', [{ agent_key: 'helper', role: 'agent_user' }]),
  };
}

function forScim(random: Random, email: string, key: string): JsonObject {
  return {
    userName: key,
    emails: [{ value: email, primary: true }],
    ...sometimes(random, 'displayName', pick(random, TITLES)),
    ...sometimes(random, 'roles', [{ value: 'member' }, { value: 'editor' }].slice(between(random, 0, 1))),
  };
}

const USERS = { fireworks: forFireworks, vectara: forVectara, scim: forScim };

function sometimes(random: Random, field: string, value: unknown): JsonObject {
  return random() < 0.5 ? { [field]: value } : {};
}

/** The same user in the words of another producer, who spells the e-mail in capitals and its domain in ASCII. */
export function inOtherSpelling(person: Person): Person {
  const { email, userName } = person.user;
  if (typeof userName === 'string') return withFields(person, { userName: userName.toUpperCase() });
  if (typeof email !== 'string') return person;
  return withFields(person, { email: withAsciiDomain(email).toUpperCase() });
}

/** The same user with another description; at a provider that changes users by a create, as it is. */
export function redescribed(person: Person): Person {
  return person.provider === 'scim' ? person : described(person, 'Somebody else');
}

function described(person: Person, text: string): Person {
  return withFields(person, { [person.provider === 'vectara' ? 'description' : 'displayName']: text });
}

/** The same user with other rights, which is not the same user; but where a create would give it those. */
export function withOtherRights(person: Person): Person {
  const { role } = person.user;
  if (person.provider === 'scim') return person;
  if (person.provider === 'vectara') return withFields(person, { api_roles: ['corpus_viewer'] });
  const { permissionPreset, ...user } = person.user;
  return { ...person, user: { ...user, role: role === 'contributor' ? 'inference-user' : 'contributor' } };
}

/** Another user under the same e-mail, which only Vectara is said to refuse. */
export function underAnotherKey(person: Person): Person {
  return person.provider === 'vectara' ? withFields(person, { username: `other-u${person.number}` }) : person;
}

/** The user with an account-wide role that no request may ask for. */
export function withForbiddenRole(person: Person): Person {
  if (person.provider === 'scim') return withFields(person, { roles: [{ value: 'owner' }] });
  if (person.provider === 'vectara') return withFields(person, { api_roles: ['viewer', 'owner'] });
  const { permissionPreset, ...user } = person.user;
  return { ...person, user: { ...user, role: 'admin' } };
}

/** The person with a stated key, as those need it who are there before anybody asks. */
export function withKey(person: Person): Person {
  const key = `key-u${person.number}`;
  return withFields(person, { [KEY_FIELDS[person.provider]]: key });
}

const KEY_FIELDS = { fireworks: 'userId', vectara: 'username', scim: 'userName' };

function withFields(person: Person, fields: JsonObject): Person {
  return { ...person, user: { ...person.user, ...fields } };
}

/** The number of the person whom a key, an e-mail or a call is about. */
export function personIn(text: string): number | undefined {
  const number = /[.-]u(\d+)/i.exec(text)?.[1];
  return number === undefined ? undefined : Number(number);
}

export function wantedOf({ provider, number, user }: Person): Wanted {
  const { email, username = email, userName, userId, displayName, description, emails } = user;
  const {
    role = 'user',
    permissionPreset,
    serviceAccount = false,
    api_roles,
    corpus_roles,
    agent_roles,
  } = user;
  const stands = { provider, person: number, descriptions: stated({ displayName, description }) };
  const [first] = Array.isArray(emails) ? emails : [];
  switch (provider) {
    case 'fireworks': {
      const privileges = stated({ role, permissionPreset, serviceAccount });
      return { ...stands, key: textOf(userId), email: textOf(email), privileges };
    }
    case 'vectara': {
      const privileges = stated({ api_roles, corpus_roles, agent_roles });
      return { ...stands, key: textOf(username), email: textOf(email), privileges };
    }
    case 'scim': {
      const privileges = stated({ roles: user.roles });
      return { ...stands, key: textOf(userName), email: textOf(first?.value), privileges };
    }
  }
}

function stated(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
