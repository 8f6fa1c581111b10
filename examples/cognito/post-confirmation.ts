import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { PostConfirmationTriggerEvent } from 'aws-lambda';
// In your project: from 'usher-client'
import { requestUser, toSqsEntry } from '../../client/index.ts';

const sqs = new SQSClient({ useQueueUrlAsEndpoint: false });

/** Cognito's post-confirmation trigger: whoever has confirmed their e-mail gets a user at Vectara. */
export async function handler(event: PostConfirmationTriggerEvent): Promise<PostConfirmationTriggerEvent> {
  // A confirmed new password calls this trigger, too.
  if (event.triggerSource !== 'PostConfirmation_ConfirmSignUp') return event;
  const { sub = '', email = '' } = event.request.userAttributes;
  const request = requestUser({
    provider: 'vectara',
    user: { email, api_roles: ['viewer'] },
    id: `cognito-${sub}`,
    source: `urn:cognito:${event.userPoolId}`,
    subject: sub,
  });
  const { Id, ...message } = toSqsEntry(request);
  await sqs.send(new SendMessageCommand({ QueueUrl: process.env.REQUESTS_URL, ...message }));
  return event;
}
