import { createHash, randomUUID } from 'node:crypto';
import * as z from 'zod';

/** The request event, as far as the contestants of this bench are asked to know it. */
export const signupSchema = z.object({
  specversion: z.literal('1.0'),
  id: z.string().min(1).max(255),
  source: z.string().min(1).max(255),
  type: z.literal('user.requested.v1'),
  time: z.iso.datetime({ offset: true }).optional(),
  subject: z.string().optional(),
  data: z.strictObject({
    provider: z.literal('fireworks'),
    user: z.strictObject({
      email: z.email().max(254),
      displayName: z.string().max(63).optional(),
      role: z.enum(['user', 'contributor', 'inference-user']).default('user'),
    }),
  }),
});
export type Signup = z.output<typeof signupSchema>;

export const accountSchema = z.object({ apiKey: z.string().min(1), accountId: z.string().min(1) });
export type Account = z.output<typeof accountSchema>;

const userSchema = z.object({
  name: z.string(),
  state: z.string().optional(),
  createTime: z.string().optional(),
});
export type User = z.output<typeof userSchema>;

/** The provider says that the request is wrong: trying again is of no use. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/** Creates the user; throws `Refused`, or any other error where another try may succeed. */
export async function createUser({ data: { user } }: Signup, { apiKey, accountId }: Account): Promise<User> {
  const userId = `u-${createHash('sha256').update(user.email.toLowerCase()).digest('hex').slice(0, 16)}`;
  const response = await fetch(
    `${process.env.FIREWORKS_BASE_URL}/v1/accounts/${encodeURIComponent(accountId)}/users?userId=${userId}`,
    {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(user),
      signal: AbortSignal.timeout(10_000),
    },
  );
  if (response.ok) return userSchema.parse(await response.json());
  const answer = `Fireworks answered ${response.status}: ${await response.text()}`;
  const mayPass = [401, 403, 408, 429].includes(response.status) || response.status >= 500;
  throw mayPass ? new Error(answer) : new Refused(answer);
}

/** The body of the completion. */
export function completionOf({ id, source, subject }: Signup, { name, state, createTime }: User): string {
  return JSON.stringify({
    ...envelope('user.completed.v1'),
    subject,
    causationid: id,
    data: {
      request: { id, source },
      provider: 'fireworks',
      result: 'created',
      user: { id: name, state, createdAt: createTime },
    },
  });
}

/** The body of the dead letter for a message that cannot become a user. */
export function deadLetterOf(body: string, { name, message }: Error): string {
  return JSON.stringify({
    ...envelope('user.dead_lettered.v1'),
    data: { body, failure: { code: name, message } },
  });
}

function envelope(type: string) {
  return { specversion: '1.0', id: randomUUID(), source: 'urn:bench', type, time: new Date().toISOString() };
}
