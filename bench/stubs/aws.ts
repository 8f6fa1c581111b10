import { createHash, randomUUID } from 'node:crypto';
import { isObject, type JsonObject, parseJson } from '../../lib/json.ts';
import type { Answer, Call } from './http.ts';

/** What the AWS stub has seen. */
export interface AwsTally {
  /** Calls by operation, as AWS names it. */
  readonly calls: Record<string, number>;
  /** Messages by queue, the first of each. */
  readonly sent: Record<string, string[]>;
}

const KEPT_MESSAGES = 100;

/** SQS, Secrets Manager and DynamoDB, as far as the contestants need them: all three name the operation in a header. */
export function createAws(secretText: string) {
  let tally: AwsTally = { calls: {}, sent: {} };
  const items = new Set<string>();

  function accept(queueUrl: unknown, message: unknown) {
    const text = String(message);
    const queue = String(queueUrl).split('/').at(-1) ?? '';
    tally.sent[queue] ??= [];
    if (tally.sent[queue].length < KEPT_MESSAGES) tally.sent[queue].push(text);
    return { MessageId: randomUUID(), MD5OfMessageBody: createHash('md5').update(text).digest('hex') };
  }

  const operations = new Map<string, (body: JsonObject) => Answer>([
    ['SendMessage', ({ QueueUrl, MessageBody }) => ok(accept(QueueUrl, MessageBody))],
    [
      'SendMessageBatch',
      ({ QueueUrl, Entries }) => {
        const successful = listOf(Entries).map(({ Id, MessageBody }) => ({
          Id,
          ...accept(QueueUrl, MessageBody),
        }));
        return ok({ Successful: successful, Failed: [] });
      },
    ],
    [
      'ChangeMessageVisibilityBatch',
      ({ Entries }) => ok({ Successful: listOf(Entries).map(({ Id }) => ({ Id })), Failed: [] }),
    ],
    [
      'GetSecretValue',
      ({ SecretId }) => ok({ Name: SecretId, SecretString: secretText, VersionStages: ['AWSCURRENT'] }),
    ],
    [
      'PutItem',
      ({ Item }) => {
        const key = JSON.stringify(isObject(Item) ? Item.id : undefined);
        if (items.has(key)) return refusal('ConditionalCheckFailedException');
        items.add(key);
        return ok({});
      },
    ],
    ['UpdateItem', () => ok({})],
    [
      'DeleteItem',
      ({ Key }) => {
        items.delete(JSON.stringify(isObject(Key) ? Key.id : undefined));
        return ok({});
      },
    ],
  ]);

  return {
    answer({ request, body }: Call): Answer {
      const operation = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
      tally.calls[operation] = (tally.calls[operation] ?? 0) + 1;
      const input = parseJson(body);
      return (
        operations.get(operation)?.(isObject(input) ? input : {}) ?? refusal('UnknownOperationException')
      );
    },
    /** What has been seen since this was called last. */
    take(): AwsTally {
      const taken = tally;
      tally = { calls: {}, sent: {} };
      items.clear();
      return taken;
    },
  };
}

function listOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function ok(body: JsonObject): Answer {
  return { status: 200, body: JSON.stringify(body) };
}

function refusal(type: string): Answer {
  return { status: 400, body: JSON.stringify({ __type: type, message: type }) };
}
