import { isObject, type JsonObject } from '../../lib/json.ts';
import { type Answer, refusal } from '../aws/service.ts';
import type { Messages } from './messages.ts';

const REFUSED = { code: 'ReceiptHandleIsInvalid', message: 'The input receipt handle is invalid.' };

/** Calls that name a receipt handle which no receive has given are refused, as SQS refuses them; in a batch, entry by entry. */
export async function withJudgedHandles(
  messages: Messages,
  body: JsonObject,
  call: (body: JsonObject) => Promise<Answer>,
): Promise<Answer> {
  const isWrong = ({ ReceiptHandle }: JsonObject) =>
    typeof ReceiptHandle === 'string' && !messages.isHandle(ReceiptHandle);
  if (isWrong(body)) return refusal(REFUSED.code, REFUSED.message);
  const entries = Array.isArray(body.Entries) ? body.Entries.filter(isObject) : [];
  const wrong = entries.filter(isWrong);
  if (wrong.length === 0) return call(body);
  const right = entries.filter((entry) => !isWrong(entry));
  const answer =
    right.length > 0 ? await call({ ...body, Entries: right }) : { status: 200, body: { Successful: [] } };
  if (answer.status !== 200 || !isObject(answer.body)) return answer;
  const refused = wrong.map(({ Id }) => ({
    Id,
    SenderFault: true,
    Code: REFUSED.code,
    Message: REFUSED.message,
  }));
  const failed = Array.isArray(answer.body.Failed) ? answer.body.Failed : [];
  return { status: 200, body: { ...answer.body, Failed: [...failed, ...refused] } };
}
