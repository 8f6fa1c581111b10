import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
// In your project: from 'usher-client'
import { requestUser, toSqsEntry } from '../../client/index.ts';

const sqs = new SQSClient({ useQueueUrlAsEndpoint: false });

/** Call it where your product has just stored a signup; calling it again for the same signup is harmless. */
export async function askForUser(signup: {
  id: string;
  email: string;
  name: string;
  customer: string;
}): Promise<void> {
  const event = requestUser({
    provider: 'fireworks',
    user: { email: signup.email, displayName: signup.name },
    id: `signup-${signup.id}`,
    source: 'https://signup.example.com',
    subject: signup.id,
  });
  const { Id, ...message } = toSqsEntry(event, { tenant: signup.customer });
  await sqs.send(new SendMessageCommand({ QueueUrl: process.env.REQUESTS_URL, ...message }));
}
