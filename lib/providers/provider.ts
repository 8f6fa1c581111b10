import * as z from 'zod/mini';
import { type Issue, list } from '../schema.ts';

export { canonicalEmail, emailSchema } from '../e-mail.ts';
export { isObject } from '../json.ts';
export { list, optional, text, withDefault } from '../schema.ts';

/** A user's fields under the provider's own names, as a request states them or as the provider shows them. */
export type Fields = Readonly<Record<string, unknown>>;

/** What differs between providers, and nothing else; adding one is described in docs/adding-a-provider.md. */
export interface Provider<User extends Fields = Fields, Credentials = unknown> {
  /** What `data.provider` says, and the folder of its secrets. */
  readonly name: string;
  /** The environment variables of its addresses and limits, with their defaults. */
  readonly settings: {
    readonly baseUrl: Setting;
    /** Where client credentials are exchanged for a token. */
    readonly tokenUrl?: Setting;
    readonly allowedRoles: Setting;
  };
  /** `data.user`; its output has the key and the defaults filled in. */
  readonly user: z.core.$ZodType<User>;
  /** The secret's content; unknown members are ignored. */
  readonly credentials: z.core.$ZodType<Credentials>;
  /** The field that a user is created under: the same request gives the same key, every time. */
  readonly keyField: string;
  /** The field with the account-wide roles, which the allow-list limits. */
  readonly roleField: string;
  /** The query parameter that names the page of a list to go on with. */
  readonly pageParameter: string;
  /** A header that tells the provider how many milliseconds the caller will wait. */
  readonly timeoutHeader?: string;
  /** The fields that decide whether an existing user is the one that the request means. */
  compared(user: User): ComparedFields;
  authentication(credentials: Credentials): Authentication;
  /** Where the users of an account live, percent-encoded, below the base URL; all other paths continue it. */
  usersPath(credentials: Credentials): string;
  create(user: User): CreateRequest;
  /** The path of the user under the request's key; 404 and 410 there mean that there is none. */
  findByKey(user: User): string;
  /**
   * Paths of lists in which the user with the request's e-mail would stand; where the provider refuses one, or nobody
   * stands in it, the next is tried. Whoever else they list is sorted out by Usher.
   */
  listByEmail(user: User): readonly string[];
  /** A user from an answer; undefined where it cannot be understood. */
  readUser(body: unknown): FoundUser | undefined;
  /** A page of a list; undefined where it cannot be understood. */
  readPage(body: unknown): Page | undefined;
  /** What a refusal says, as far as it can be read. */
  readError(body: unknown): ProviderError;
  /** The `user` of a completion. */
  summary(user: User, found: FoundUser): UserSummary;
}

export interface Setting {
  readonly variable: string;
  readonly fallback: string;
}

export interface ComparedFields {
  readonly identity: readonly string[];
  readonly privilege: readonly string[];
  readonly descriptive: readonly string[];
}

/** Headers that authenticate a call, or client credentials to get a bearer token with. */
export type Authentication =
  | { readonly headers: Readonly<Record<string, string>>; readonly secrets: readonly string[] }
  | { readonly clientId: string; readonly clientSecret: string };

export interface CreateRequest {
  /** Mostly a query, percent-encoded, or nothing. */
  readonly path: string;
  /** Sent as JSON. */
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
  /** Names the next page; undefined on the last one. */
  readonly next: string | undefined;
}

export interface ProviderError {
  readonly message?: string | undefined;
  /** The provider's own error code, by name. */
  readonly code?: string | undefined;
  readonly requestId?: string | undefined;
  readonly issues?: readonly Issue[] | undefined;
  /** The user exists, by the provider's own words: for a 400, which is no conflict by itself. */
  readonly duplicate?: boolean | undefined;
  /** A limit of the account that waiting does not mend. */
  readonly quota?: boolean | undefined;
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
  texts: orNothing(list(z.string(), 1000)),
};

/** The users of a page, each as yet unread; more than any answer has room for is no page. */
export const listedUsers = z.array(z.unknown()).check(z.maxLength(20_000));

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
