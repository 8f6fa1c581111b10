import * as z from 'zod/mini';
import { isObject, type JsonObject } from '../../lib/json.ts';
import type { Fields, Provider } from '../../lib/providers/provider.ts';
import { type Answer, json } from '../../local/sandboxes/calls.ts';
import type { StartSandbox } from '../../local/sandboxes/sandbox.ts';
import { requestOf } from '../deliveries.ts';

/** What the suite must know of a provider to try it. */
export interface Subject {
  readonly provider: Provider;
  readonly startSandbox: StartSandbox;
  /** `data.user` of a request that states every field that can be compared, its key too. */
  readonly user: Fields;
  /** The least that a request for the same user has to state. */
  readonly minimal: Fields;
  /** A user, as asked for, stored or answered, with other values in what is compared; by default under the same names. */
  readonly change?: (user: Fields, values: Fields) => JsonObject;
  /** What another user might have in these fields; an e-mail that differs in more than its case. */
  readonly others: Fields;
  /** What makes a user more than a request may ask for. */
  readonly privileged: Fields;
  /** The member of an answer that identifies the user; all others may be missing or wrong. */
  readonly idMember: string;
  /** Members of an answer that shows another user. */
  readonly stranger: Fields;
  /** Answers, in JSON, that show no user, though they may look like one. */
  readonly nobody: readonly unknown[];
  /** Members of a user with values that no documentation knows. */
  readonly unheardOf: Fields;
  /** Members of users who are not ready, where the provider has such. */
  readonly unready?: { readonly coming: Fields; readonly leaving: Fields };
  /** Several users may have one e-mail. */
  readonly sharesEmails?: boolean;
  /** Its credentials are exchanged for tokens. */
  readonly usesTokens?: boolean;
  /** The body of a refusal with this message. */
  readonly refusal: (message: string) => unknown;
}

/** Users with keys and e-mails of their own. */
export function otherUser(subject: Subject, index: number): Fields {
  const { keyField } = subject.provider;
  return having(subject, subject.user, { [keyField]: `other-${index}`, email: `other-${index}@example.com` });
}

/** The user with other values in what is compared. */
export function having({ change = merge }: Subject, user: Fields, values: Fields): JsonObject {
  return change(user, values);
}

function merge(user: Fields, values: Fields): JsonObject {
  return { ...user, ...values };
}

/** A request for the subject's user. */
export function requestFor(
  { provider, user }: Subject,
  changes: { id?: string; user?: Fields } = {},
): JsonObject {
  const { id = 'signup-1', ...data } = { user, ...changes };
  return requestOf({ provider: provider.name, ...data }, { id });
}

/** The user of a request as the provider would have stored it, with changes. */
export function storedUser(subject: Subject, changes: Fields = {}, requested: Fields = subject.user): Fields {
  return having(subject, z.parse(subject.provider.schemas().user, requested), changes);
}

/** The names of the fields that are compared. */
export function comparedFields(subject: Subject) {
  const { identity, privilege, descriptive } = subject.provider.compared(storedUser(subject));
  return {
    identity: Object.keys(identity),
    privilege: Object.keys(privilege),
    descriptive: Object.keys(descriptive),
  };
}

/** The look before a first create, where the provider is asked for one. */
export function firstLook({ provider }: Subject): readonly string[] {
  return provider.looksFirst ? ['get'] : [];
}

/** Whether a look-up by key goes to the path of one user, or else through lists. */
export function looksByPath(subject: Subject): boolean {
  return 'path' in subject.provider.findByKey(storedUser(subject), {});
}

/** What a look-up asks besides where the provider claims to have made a user whom it does not show. */
export function secondLook(subject: Subject): readonly string[] {
  const place = subject.provider.findByKey(storedUser(subject), {});
  return 'path' in place ? [] : place.lists.slice(1).map(() => 'list');
}

/** The calls of a search by e-mail that finds nobody: each list of the provider is asked. */
export function vainSearch(subject: Subject): readonly string[] {
  return subject.provider.listByEmail(storedUser(subject), {}).map(() => 'list');
}

/** An answer of the provider that refuses a call. */
export function refusal(
  subject: Subject,
  status: number,
  headers: Readonly<Record<string, string>> = {},
  message = 'No.',
): Answer {
  return json(status, subject.refusal(message), headers);
}

/** The answer with every object in it, however deep, changed. */
export function rewritten(answer: Answer, change: (object: JsonObject) => JsonObject): Answer {
  const rewrite = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(rewrite);
    if (!isObject(value)) return value;
    const members = Object.entries(value).map(([name, member]) => [name, rewrite(member)]);
    return change(Object.fromEntries(members));
  };
  return { ...answer, body: JSON.stringify(rewrite(JSON.parse(String(answer.body)))) };
}
