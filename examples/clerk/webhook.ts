import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { APIGatewayProxyEventV2, APIGatewayProxyResultV2 } from 'aws-lambda';
import { Webhook, WebhookVerificationError } from 'svix';
// In your project: from 'usher-client'
import { requestUser, toSqsEntry } from '../../client/index.ts';

const sqs = new SQSClient({ useQueueUrlAsEndpoint: false });

/** Clerk's webhook `user.created` behind a function URL. Clerk sends again until it is answered with 2xx. */
export async function handler({
  body = '',
  headers,
}: APIGatewayProxyEventV2): Promise<APIGatewayProxyResultV2> {
  try {
    new Webhook(process.env.CLERK_WEBHOOK_SECRET ?? '').verify(body, headers as Record<string, string>);
  } catch (error) {
    if (error instanceof WebhookVerificationError) return { statusCode: 401 };
    throw error;
  }
  const { type, data } = JSON.parse(body);
  const email = data.email_addresses?.[0]?.email_address;
  if (type !== 'user.created' || email === undefined) return { statusCode: 204 };
  const { id } = data;
  const request = requestUser({
    provider: 'fireworks',
    user: { email },
    id,
    source: 'urn:clerk',
    subject: id,
  });
  const { Id, ...message } = toSqsEntry(request);
  await sqs.send(new SendMessageCommand({ QueueUrl: process.env.REQUESTS_URL, ...message }));
  return { statusCode: 202 };
}
