import * as z from 'zod/mini';
import { isObject } from '../json.ts';
import { type Issue, list } from '../schema.ts';

export { secureUrlSchema } from '../address.ts';
export { canonicalEmail, derivedUserId, emailSchema, withoutCase } from '../e-mail.ts';
export { list, optional, text, withDefault } from '../schema.ts';
export { isObject };

/** A user's fields under the provider's own names, as a request states them or as the provider shows them. */
export type Fields = Readonly<Record<string, unknown>>;

/** What differs between providers, and nothing else; adding one is described in docs/adding-a-provider.md. */
export interface Provider<User extends Fields = Fields, Credentials = unknown> {
  /** What `data.provider` says, and the folder of its secrets. */
  readonly name: string;
  /** The environment variables of its addresses and limits, with their defaults. */
  readonly settings: {
    /** Left out where the secret of each connection names an address of its own. */
    readonly baseUrl?: Setting;
    /** Where client credentials are exchanged for a token. */
    readonly tokenUrl?: Setting;
    /** An empty fallback allows no role at all. */
    readonly allowedRoles: Setting;
  };
  /** Made when they are first asked for: a cold start pays for the providers that it serves. */
  schemas(): Schemas<User, Credentials>;
  /** The field that a user is created under: the same request gives the same key, every time. */
  readonly keyField: string;
  /** The privileges that the allow-list limits: fields with an account-wide role, or a list of them. */
  readonly roleFields: readonly string[];
  /** A header that tells the provider how many milliseconds the caller will wait. */
  readonly timeoutHeader?: string;
  /** A create may change a user who is there: it is sent only after a look that has shown nobody. */
  readonly looksFirst?: boolean;
  /** What decides whether an existing user is the one that the request means. */
  compared(user: User): ComparedFields;
  account(credentials: Credentials, addresses: Addresses): AccountAddress;
  /** What this one connection does not take, beyond the schema. */
  refuses?(user: User, credentials: Credentials): readonly Issue[];
  create(user: User, credentials: Credentials): CreateRequest;
  findByKey(user: User, credentials: Credentials): FindByKey;
  /**
   * Paths of lists in which the user with the request's e-mail would stand; where the provider refuses one, or nobody
   * stands in it, the next is tried. Whoever else they list is sorted out by Usher.
   */
  listByEmail(user: User, credentials: Credentials): readonly string[];
  /** The user whom a create has made, or a look-up has found; undefined where that cannot be understood. */
  readUser(answer: ProviderAnswer): FoundUser | undefined;
  /** A page of a list; undefined where it cannot be understood. */
  readPage(answer: ProviderAnswer): Page | undefined;
  /** What a refusal says, as far as it can be read. */
  readError(answer: ProviderAnswer): ProviderError;
  /** The `user` of a completion. */
  summary(user: User, found: FoundUser): UserSummary;
}

export interface Schemas<User = Fields, Credentials = unknown> {
  /** `data.user`; its output has the key and the defaults filled in. */
  readonly user: z.core.$ZodType<User>;
  /** The secret's content; unknown members are ignored. */
  readonly credentials: z.core.$ZodType<Credentials>;
}

type Making = () => { readonly user: z.core.$ZodType; readonly credentials: z.core.$ZodType };

/** What the schemas of a provider make of a secret. */
export type CredentialsOf<Made extends Making> = z.output<ReturnType<Made>['credentials']>;

/** The provider that has these schemas. */
export type ProviderOf<Made extends Making> = Provider<
  Extract<z.output<ReturnType<Made>['user']>, Fields>,
  CredentialsOf<Made>
>;

export interface Setting {
  readonly variable: string;
  readonly fallback: string;
}

/** Values by the names of fields, as a found user's `fields` show them; undefined for what the request leaves open. */
export interface ComparedFields {
  /** With the key, and with `email` where users have one. */
  readonly identity: Fields;
  /** Lists are sets. */
  readonly privilege: Fields;
  readonly descriptive: Fields;
}

/** As configured, without a trailing slash; empty where the provider has no such setting. */
export interface Addresses {
  readonly baseUrl: string;
  readonly tokenUrl: string;
}

/** Where an account is called, and how. */
export interface AccountAddress {
  /** The absolute URL of its users, percent-encoded; all paths continue it. */
  readonly usersUrl: string;
  readonly authentication: Authentication;
  /** Of the bodies that are sent, and of the answers that are asked for; JSON by default. */
  readonly mediaType?: string;
}

/** Headers that authenticate a call, or client credentials to get a bearer token with. */
export type Authentication =
  | { readonly headers: Readonly<Record<string, string>>; readonly secrets: readonly string[] }
  | ClientCredentials;

export interface ClientCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly tokenUrl: string;
  readonly scope?: string | undefined;
}

export interface CreateRequest {
  /** Mostly a query, percent-encoded, or nothing. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body: unknown;
}

/**
 * The path of the user under the request's key, where 404 and 410 mean that there is none; or paths of lists in which
 * it would stand: where the provider refuses one, the next is tried, and where it claims to have made a user of whom a
 * list does not know, too.
 */
export type FindByKey = { readonly path: string } | { readonly lists: readonly string[] };

export interface ProviderAnswer {
  readonly method: 'GET' | 'POST';
  readonly status: number;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** What came as JSON; undefined where it was none. */
  readonly body: unknown;
}

export interface FoundUser {
  /** The provider's own id of the user. */
  readonly id: string;
  readonly fields: Fields;
  /** The user exists, but not yet or no longer for use. */
  readonly pending: boolean;
  readonly state?: string | undefined;
  readonly createdAt?: string | undefined;
}

export interface Page {
  /** Undefined for one that cannot be understood. */
  readonly users: readonly (FoundUser | undefined)[];
  /**
   * Parameters of the query for the next page, besides those of the list, after so many different users; undefined on
   * the last one.
   */
  next(seen: number): Readonly<Record<string, string>> | undefined;
}

export interface ProviderError {
  readonly message?: string | undefined;
  /** The provider's own error code, by name. */
  readonly code?: string | undefined;
  readonly requestId?: string | undefined;
  readonly issues?: readonly Issue[] | undefined;
  /** The user exists, by the provider's own words: for a 400 or 422, as a 409 says so by itself. */
  readonly duplicate?: boolean | undefined;
  /** A 409 that tells of a clash with another change, which passes. */
  readonly aborted?: boolean | undefined;
  /** A limit of the account that waiting does not mend. */
  readonly quota?: boolean | undefined;
  /** A 403 that refuses this one request, not the credentials. */
  readonly ownRefusal?: boolean | undefined;
}

export interface UserSummary {
  readonly id: string;
  readonly username?: string | undefined;
  readonly state?: string | undefined;
  readonly createdAt?: string | undefined;
}

/** A key, an id or a client secret as it can be sent in a header. */
export const keySchema: z.ZodMiniString = z
  .string()
  .check(
    z.minLength(1, { error: 'must not be empty' }),
    z.regex(/^[^\s\p{Cc}]*$/u, { error: 'must be without white space, line breaks and control characters' }),
    z.regex(/^[\s\p{ASCII}]*$/u, { error: 'must be ASCII' }),
  );

/** How a rule between fields is told: as one of this field's. */
export function between(field: string, error: string) {
  // Without `when`, such rules are skipped as soon as one field is wrong: not every problem would be told.
  return { path: [field], error, when: ({ value }: z.core.ParsePayload) => isObject(value) };
}

/** Authenticates by one header, which holds the secret. */
export function byHeader(name: string, secret: string, value = secret): Authentication {
  return { headers: { [name]: value }, secrets: [secret] };
}

/** Members of an answer that is not to be trusted: what does not fit counts as not told. */
export const lenient = {
  text: orNothing(z.string().check(z.minLength(1))),
  /** A code or an id: short and without spaces, so that it may stand in a log. */
  token: orNothing(z.string().check(z.regex(/^[\w.:-]{1,128}$/))),
  /** A word of an enumeration in capitals. */
  word: orNothing(z.string().check(z.regex(/^[A-Z][A-Z0-9_]{0,63}$/))),
  /** What looks like a time of RFC 3339. */
  time: orNothing(z.string().check(z.regex(/^\d{4}-\d\d-\d\dT[\d:.]{5,20}(Z|[+-]\d\d:\d\d)$/i))),
  flag: orNothing(z.boolean()),
  number: orNothing(z.number()),
  texts: orNothing(list(z.string(), 1000)),
};

/** The users of a page, each as yet unread; more than any answer has room for is no page. */
export const listedUsers = z.array(z.unknown()).check(z.maxLength(20_000));

/** The next page of a list that names it by a token, where it names one. */
export function nextByToken(parameter: string, token: string | undefined): Page['next'] {
  return () => (token === undefined ? undefined : { [parameter]: token });
}

/** What is made once, when it is first asked for. */
export function lazily<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** What fits the schema, or undefined. */
export function orNothing<T extends z.core.SomeType>(schema: T) {
  return z.catch(z.optional(schema), undefined);
}

const DUPLICATE = /\b(already (exists|in use|taken|registered)|duplicate (user|username|e-?mail))\b/i;

/** Whether one of the texts says that the user exists. */
export function tellsDuplicate(texts: readonly (string | undefined)[]): boolean {
  return texts.some((text) => text !== undefined && DUPLICATE.test(text));
}

/** An issue for a field of `data.user` that the provider refused. */
export function userIssue(field: string, message: string): Issue {
  return { path: `data.user.${field}`, message };
}
