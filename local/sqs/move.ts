import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { isObject, type JsonObject } from '../../lib/json.ts';
import { type Answer, accountId, refusal } from '../aws/service.ts';
import type { Repairs } from './repair.ts';

/** Carries out another operation of SQS. */
export type Call = (operation: string, body: JsonObject) => Promise<Answer>;

const moveRequest = z.looseObject({ SourceArn: z.string(), DestinationArn: z.string().optional() });
const received = z.object({
  Messages: z
    .array(z.looseObject({ Body: z.string(), ReceiptHandle: z.string(), MessageAttributes: z.unknown() }))
    .default([]),
});
const queueList = z.object({ QueueUrls: z.array(z.string()).default([]) });

/**
 * ListMessageMoveTasks, and StartMessageMoveTask, which is done before it is answered: messages that are not hidden go on as new ones, whose receives
 * begin anew, as in SQS. Only with a destination.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
 */
export function moveRepairs(call: Call): Repairs {
  const tasks: { readonly SourceArn: string; readonly Status: string }[] = [];
  const start = async (body: JsonObject): Promise<Answer> => {
    const { data: { SourceArn, DestinationArn } = {} } = moveRequest.safeParse(body);
    if (SourceArn === undefined) return refusal('MissingParameter', 'SourceArn is required');
    if (DestinationArn === undefined)
      return refusal('UnsupportedOperation', 'here a move needs a DestinationArn');
    if (!(await isDeadLetterQueue(SourceArn, call)))
      return refusal('InvalidParameterValue', 'SourceArn is not the dead-letter queue of any queue');
    while (await moveSome(urlOf(SourceArn), urlOf(DestinationArn), call));
    const task = { SourceArn, DestinationArn, Status: 'COMPLETED', StartedTimestamp: Date.now() };
    tasks.unshift(task);
    return { status: 200, body: { TaskHandle: randomUUID() } };
  };
  const list = async ({ SourceArn }: JsonObject): Promise<Answer> => {
    const Results = tasks.filter((task) => task.SourceArn === SourceArn).slice(0, 1);
    return { status: 200, body: { Results } };
  };
  return [
    ['StartMessageMoveTask', start],
    ['ListMessageMoveTasks', list],
  ];
}

/** False when nothing was left. */
async function moveSome(source: string, destination: string, call: Call): Promise<boolean> {
  const answer = await call('ReceiveMessage', {
    QueueUrl: source,
    MaxNumberOfMessages: 10,
    MessageAttributeNames: ['All'],
  });
  const { Messages } = received.parse(answer.body);
  for (const { Body, ReceiptHandle, MessageAttributes } of Messages) {
    await call('SendMessage', { QueueUrl: destination, MessageBody: Body, MessageAttributes });
    await call('DeleteMessage', { QueueUrl: source, ReceiptHandle });
  }
  return Messages.length > 0;
}

async function isDeadLetterQueue(arn: string, call: Call): Promise<boolean> {
  const { QueueUrls } = queueList.parse((await call('ListQueues', {})).body);
  for (const QueueUrl of QueueUrls) {
    const { body } = await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['RedrivePolicy'] });
    if (isObject(body) && JSON.stringify(body.Attributes ?? {}).includes(`${arn}\\"`)) return true;
  }
  return false;
}

function urlOf(arn: string): string {
  return `http://localhost/${accountId}/${arn.slice(arn.lastIndexOf(':') + 1)}`;
}
