import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
// In your project: from 'usher-client'
import { type OutcomeEvent, onceById, type RawDeadLetter, readOutcome } from '../../client/index.ts';

type Outcome = OutcomeEvent | RawDeadLetter;
const dynamo = new DynamoDBClient();
const TableName = process.env.TABLE ?? 'usher-outcomes';

async function has(id: string): Promise<boolean> {
  const command = new GetItemCommand({ TableName, Key: { id: { S: id } }, ConsistentRead: true });
  return (await dynamo.send(command)).Item !== undefined;
}

/** Twenty days: longer than any message lives, then DynamoDB forgets it. */
async function add(id: string): Promise<void> {
  const until = { N: String(Math.floor(Date.now() / 1000) + 20 * 86_400) };
  await dynamo.send(new PutItemCommand({ TableName, Item: { id: { S: id }, until } }));
}

/** A function behind the queue `completions`, with ReportBatchItemFailures: what fails comes back. */
export function createHandler(tell: (outcome: Outcome) => Promise<void>) {
  const handle = onceById({ has, add }, tell);
  return async ({ Records }: SQSEvent): Promise<SQSBatchResponse> => {
    const outcomes = Records.map(readOutcome);
    const done = await Promise.allSettled(outcomes.map(async (outcome) => outcome && handle(outcome)));
    const failed = Records.filter((_, at) => done[at]?.status === 'rejected');
    return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  };
}
