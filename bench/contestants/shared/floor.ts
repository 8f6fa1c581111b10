import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent, SQSHandler, SQSRecord } from 'aws-lambda';

/** Sends a POST of JSON and answers with the text of the answer; throws where the status is not 200. */
export type Post = (url: string, headers: Record<string, string>, body: string) => Promise<string>;

interface Done {
  readonly messageId: string;
  readonly completion: string;
}

const sqs = new SQSClient();
const secretsManager = new SecretsManagerClient();
const { FIREWORKS_BASE_URL, SECRET_NAME, COMPLETION_QUEUE_URL } = process.env;
let secret: Promise<{ apiKey: string; accountId: string }> | undefined;

/** The least that does the work: whatever goes wrong sends the record back, nothing is checked, nothing is logged. */
export function createFloor(post: Post): SQSHandler {
  async function provision({ body, messageId }: SQSRecord): Promise<Done> {
    secret ??= readSecret();
    const { apiKey, accountId } = await secret;
    const { id, source, data } = JSON.parse(body);
    const url = `${FIREWORKS_BASE_URL}/v1/accounts/${accountId}/users?userId=u-${id}`;
    const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
    const user = JSON.parse(await post(url, headers, JSON.stringify(data.user)));
    const completion = {
      type: 'user.completed.v1',
      data: { request: { id, source }, user: { id: user.name } },
    };
    return { messageId, completion: JSON.stringify(completion) };
  }

  return async ({ Records }: SQSEvent) => {
    const unfinished = new Set(Records.map(({ messageId }) => messageId));
    const settled = await Promise.allSettled(Records.map(provision));
    const done = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    await Promise.allSettled(inTens(done).map((ten) => publish(ten, unfinished)));
    return { batchItemFailures: [...unfinished].map((itemIdentifier) => ({ itemIdentifier })) };
  };
}

async function readSecret() {
  const { SecretString = '' } = await secretsManager.send(
    new GetSecretValueCommand({ SecretId: SECRET_NAME }),
  );
  return JSON.parse(SecretString);
}

async function publish(ten: readonly Done[], unfinished: Set<string>): Promise<void> {
  const Entries = ten.map(({ completion }, at) => ({ Id: String(at), MessageBody: completion }));
  const command = new SendMessageBatchCommand({ QueueUrl: COMPLETION_QUEUE_URL, Entries });
  const { Successful = [] } = await sqs.send(command);
  for (const { Id } of Successful) unfinished.delete(ten[Number(Id)]?.messageId ?? '');
}

function inTens<T>(list: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(list.length / 10) }, (_, at) => list.slice(10 * at, 10 * at + 10));
}
