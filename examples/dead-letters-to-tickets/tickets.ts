import type { SQSEvent } from 'aws-lambda';
// In your project: from 'usher-client'
import { isDeadLettered, readOutcome } from '../../client/index.ts';

/**
 * A function behind `completions`, which has a copy of each dead letter: a ticket for each. Not behind `dead-letters`,
 * whose letters are for the operators to bring back.
 */
export async function handler({ Records }: SQSEvent): Promise<void> {
  for (const record of Records) {
    const outcome = readOutcome(record);
    if (outcome === undefined || !('data' in outcome) || !isDeadLettered(outcome)) continue;
    const { failure, provider = 'unknown', origin } = outcome.data;
    const ticket = {
      // The same for each delivery: a tracker that knows it makes no second ticket.
      key: outcome.id,
      title: `Signup failed: ${failure.code} at ${provider}`,
      text: `${failure.message}\nRequest ${outcome.causationid ?? origin.messageId}. usher letters show ${outcome.id}`,
    };
    const answer = await fetch(process.env.TICKETS_URL ?? '', {
      method: 'POST',
      body: JSON.stringify(ticket),
    });
    // What is not taken fails the batch, and comes back.
    if (!answer.ok) throw new Error(`the tracker answered ${answer.status}`);
  }
}
