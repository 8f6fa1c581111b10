import { type OutcomeEvent, outcomeSchema } from '../../lib/events/outcome-schemas.ts';
import { parseJson } from '../../lib/json.ts';
import { requestIdIn, SOURCE } from './requests.ts';

/** One message of an outcome queue; an event that is no outcome is left out. */
export interface Answer {
  readonly body: string;
  /** When SQS took it, in milliseconds since the epoch; the clock that its `time` comes from jumps. */
  readonly sentAt: number;
  readonly event: OutcomeEvent | undefined;
  /** The request that it answers. */
  readonly requestId: string | undefined;
}

export function readAnswer(body: string, sentAt: number): Answer {
  const { data: event } = outcomeSchema.safeParse(parseJson(body));
  return { body, sentAt, event, requestId: event && requestOf(event) };
}

function requestOf({ data }: OutcomeEvent): string | undefined {
  if ('result' in data) return data.request.source === SOURCE ? data.request.id : undefined;
  return requestIdIn(JSON.stringify(data.request ?? data.body));
}

/** What is told, in a few words. */
export function wordsFor({ event }: Answer): string {
  if (event === undefined) return 'something that is no outcome';
  if (event.type === 'user.completed.v1') {
    const { result, user, attempts } = event.data;
    return `completed, ${result} ${user.id} (receive ${attempts})`;
  }
  const { failure, remote, attempts } = event.data;
  const why = [failure.code, failure.httpStatus, failure.exhausted ? 'exhausted' : undefined];
  const told = why.filter((part) => part !== undefined).join(', ');
  return `dead-lettered, ${told}, remote ${remote} (receive ${attempts}): ${failure.message}`;
}
