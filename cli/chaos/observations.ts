import { gunzipSync } from 'node:zlib';
import type { Answer, Call, Operation } from '../../local/sandboxes/calls.ts';
import type { Breakage, Fault } from '../../local/sandboxes/faults.ts';
import { personIn } from './people.ts';

/** One call that reached a provider. */
export interface ProviderCall {
  readonly provider: string;
  readonly operation: Operation;
  /** The number of the user whom it is about; undefined where it does not tell. */
  readonly person: number | undefined;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The status that was answered, or how the connection broke. */
  readonly answer: number | Breakage;
  /** A look-up by key that is told that there is nobody, truly or not. */
  readonly showsNobody: boolean;
  /** A create that is told of a user who may have been there already. */
  readonly isClaimed: boolean;
  /** The answer is the provider's own, in whatever coding. */
  readonly isOwn: boolean;
  /** It goes on with a search: a page after the first, or the whole list where the filtered one has shown nobody. */
  readonly isLaterPage: boolean;
  /** Asked again at once by right: the connection may have been stale, the credentials old, the user not ready. */
  readonly mayBeRepeated: boolean;
}

/** One record of the requests queue, handed to the function. */
export interface RequestDelivery {
  readonly requestId: string;
  readonly receive: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** What was seen from outside while a run went on, in its order. */
export interface Observations {
  readonly calls: readonly ProviderCall[];
  readonly deliveries: readonly RequestDelivery[];
  /** The connection, as `fireworks/default`, each time that refused credentials paused one. */
  readonly refusedPauses: readonly string[];
}

/** What the caller of a call gets to see. */
export interface Reply {
  readonly answer: Answer | Breakage;
  readonly isOwn: boolean;
  /** It shows a user who is not ready. */
  readonly isPending: boolean;
}

const REPEATED: ReadonlySet<unknown> = new Set(['reset', 401, 403]);

const UNDISTURBED: Fault = { applied: true, reply: (answer) => answer };

/** The same fault, or none, that tells what the caller gets. */
export function watched(fault: Fault = UNDISTURBED, see: (reply: Reply) => void): Fault {
  const { reply } = fault;
  if (typeof reply !== 'function') {
    see({ answer: reply, isOwn: false, isPending: false });
    return fault;
  }
  return {
    applied: true,
    reply(own) {
      const answer = reply(own);
      see({ answer, isOwn: true, isPending: /"state":"CREATING"/.test(String(answer.body)) });
      return answer;
    },
  };
}

/** Fireworks is asked for the whole list only once the filtered one has shown nobody. */
function isWholeList(provider: string, path: string): boolean {
  return provider === 'fireworks' && path.includes('?pageSize=') && !path.includes('filter=');
}

/** A SCIM server shows nobody by an empty list, however it is encoded. */
function isNobody(provider: string, answer: Answer | Breakage): boolean {
  if (typeof answer === 'string') return false;
  if (provider !== 'scim') return answer.status === 404;
  return answer.status === 200 && /"totalResults":0,/.test(textOf(answer));
}

/** Look-ups are zipped by gzip alone. */
function textOf({ body, headers }: Answer): string {
  if (typeof body === 'string') return body;
  return String(headers?.['content-encoding'] === 'gzip' ? gunzipSync(body) : body);
}

/** What a create is told may be about somebody who was there: a conflict, or a success that is none for SCIM. */
function isClaim(provider: string, shown: number | Breakage, isOwn: boolean): boolean {
  if (typeof shown === 'string') return false;
  const isOther = provider === 'scim' && shown >= 200 && shown < 300 && !(isOwn && shown === 201);
  return shown === 409 || isOther;
}

export function callOf(
  provider: string,
  { operation, path, body }: Call,
  { answer, isOwn, isPending }: Reply,
): ProviderCall {
  const shown = typeof answer === 'string' ? answer : answer.status;
  return {
    ...{ provider, operation, at: Date.now(), answer: shown, isOwn },
    person: personIn(path + body),
    showsNobody: operation === 'get' && isNobody(provider, answer),
    isClaimed: operation === 'create' && isClaim(provider, shown, isOwn),
    isLaterPage: /[?&](?:pageToken|page_key|startIndex)=./.test(path) || isWholeList(provider, path),
    mayBeRepeated: isPending || REPEATED.has(shown),
  };
}
