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

export function callOf(
  provider: string,
  { operation, path, body }: Call,
  { answer, isOwn, isPending }: Reply,
): ProviderCall {
  const shown = typeof answer === 'string' ? answer : answer.status;
  return {
    ...{ provider, operation, at: Date.now(), answer: shown, isOwn },
    person: personIn(path + body),
    isLaterPage: /[?&](?:pageToken|page_key)=./.test(path) || isWholeList(provider, path),
    mayBeRepeated: isPending || REPEATED.has(shown),
  };
}
