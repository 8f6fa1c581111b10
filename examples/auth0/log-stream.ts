import { timingSafeEqual } from 'node:crypto';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { APIGatewayProxyEventV2, APIGatewayProxyResultV2 } from 'aws-lambda';
// In your project: from 'usher-client'
import { requestUser, toSqsEntry } from '../../client/index.ts';

const sqs = new SQSClient({ useQueueUrlAsEndpoint: false });
type Log = { data: { type: string; user_id?: string; user_name?: string } };

/** Auth0's custom webhook log stream behind a function URL; `ss` is a signup that succeeded. */
export async function handler({
  body = '[]',
  headers,
}: APIGatewayProxyEventV2): Promise<APIGatewayProxyResultV2> {
  // Auth0 signs nothing here: it sends the token that was set for the stream.
  const [sent, set] = [headers.authorization ?? '', process.env.AUTH0_STREAM_TOKEN ?? ''].map((text) =>
    Buffer.from(text),
  );
  if (!sent?.length || sent.length !== set?.length || !timingSafeEqual(sent, set)) return { statusCode: 401 };
  for (const { data } of JSON.parse(body) as Log[]) {
    if (data.type !== 'ss' || data.user_id === undefined || data.user_name === undefined) continue;
    const user = { email: data.user_name };
    const request = requestUser({ provider: 'fireworks', user, id: data.user_id, source: 'urn:auth0' });
    const { Id, ...message } = toSqsEntry(request);
    await sqs.send(new SendMessageCommand({ QueueUrl: process.env.REQUESTS_URL, ...message }));
  }
  return { statusCode: 202 };
}
