import { type OutcomeEvent, outcomeSchema } from '../../lib/events/outcome-schemas.ts';
import { parseJson } from '../../lib/json.ts';
import { requestIdIn, SOURCE } from './requests.ts';

/** One message of an outcome queue: an outcome, or a request that SQS itself has given up and moved there. */
export interface Answer {
  readonly body: string;
  /** When SQS took it, in milliseconds since the epoch; the clock that its `time` comes from jumps. */
  readonly sentAt: number;
  readonly event: OutcomeEvent | undefined;
  /** The request that it answers, or is. */
  readonly requestId: string | undefined;
  /** A dead letter that the product got in the completions queue, beside the one of the operators. */
  readonly isCopy: boolean;
}

/** `requestIds` has the id of each request by its body. */
export function readAnswer(
  { body, sentAt, isProducts }: { body: string; sentAt: number; isProducts: boolean },
  requestIds: ReadonlyMap<string, string>,
): Answer {
  const { data: event } = outcomeSchema.safeParse(parseJson(body));
  const requestId = event ? requestOf(event) : requestIds.get(body);
  return { body, sentAt, event, requestId, isCopy: isProducts && event?.type !== 'user.completed.v1' };
}

function requestOf({ data }: OutcomeEvent): string | undefined {
  if ('result' in data) return data.request.source === SOURCE ? data.request.id : undefined;
  return requestIdIn(JSON.stringify(data.request ?? data.body));
}

/** What is told, in a few words. */
export function wordsFor({ event, requestId, isCopy }: Answer): string {
  if (event === undefined) return requestId ? 'given up by SQS itself' : 'something that is no outcome';
  if (event.type === 'user.completed.v1') {
    const { result, user, attempts } = event.data;
    return `completed, ${result} ${user.id} (receive ${attempts})`;
  }
  const { failure, remote, attempts } = event.data;
  const why = [failure.code, failure.httpStatus, failure.exhausted ? 'exhausted' : undefined];
  const told = why.filter((part) => part !== undefined).join(', ');
  const what = isCopy ? 'copy of a dead letter' : 'dead-lettered';
  return `${what}, ${told}, remote ${remote} (receive ${attempts}): ${failure.message}`;
}
