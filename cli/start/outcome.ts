import type { Message } from '@aws-sdk/client-sqs';
import { completedSchema, deadLetteredSchema } from '../../lib/events/outcome-schemas.ts';
import { COMPLETED } from '../../lib/events/types.ts';
import { parseJson } from '../../lib/json.ts';

/** What became of one message, as a consumer of the outcome queues learns it. */
export type Outcome = Completion | DeadLetter;

interface Completion {
  readonly result: 'created' | 'existing';
  readonly body: string;
  readonly isEvent: true;
  readonly request: { readonly id: string; readonly source: string };
  readonly provider: string;
  readonly userId: string;
  readonly differences: readonly string[];
  readonly attempts: number;
}

interface DeadLetter {
  readonly result: 'dead-lettered';
  readonly body: string;
  /** False where the event would have been too large: then the body is that of the request. */
  readonly isEvent: boolean;
  /** The message that ended here; unknown where there is no event. */
  readonly messageId?: string;
  /** Left out where there was no room even for that. */
  readonly code?: string | undefined;
  readonly message: string;
  readonly attempts?: number;
}

/** Whether a message of the completions queue is one, and no copy of a dead letter. */
export function isCompletion({ MessageAttributes = {} }: Message): boolean {
  return MessageAttributes.type?.StringValue === COMPLETED;
}

/** Reads a completion; throws where the message holds none. */
export function readCompletion({ Body: body = '' }: Message): Outcome {
  const { request, provider, result, user, differences, attempts } = completedSchema.parse(
    parseJson(body),
  ).data;
  return { result, body, isEvent: true, request, provider, userId: user.id, differences, attempts };
}

/** Reads a message of the dead-letters queue, whatever it holds. */
export function readDeadLetter({ Body: body = '', MessageAttributes = {} }: Message): Outcome {
  const { data: event } = deadLetteredSchema.safeParse(parseJson(body));
  const { outcomeid, code, message } = MessageAttributes;
  // Only a body that was sent on unchanged needs the attribute, and that body may be an old dead letter.
  if (event !== undefined && outcomeid === undefined) {
    const { failure, attempts, origin } = event.data;
    const { messageId } = origin;
    return { result: 'dead-lettered', body, isEvent: true, messageId, attempts, ...failure };
  }
  return {
    result: 'dead-lettered',
    body,
    isEvent: false,
    code: code?.StringValue,
    message: message?.StringValue ?? 'The request is so large that SQS had no room for the reason beside it.',
  };
}
