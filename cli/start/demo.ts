import { fileURLToPath } from 'node:url';
import { derivedUserId } from '../../lib/e-mail.ts';
import type { Sandbox } from '../../local/sandboxes/sandbox.ts';

/** What `npm start` processes when it is given nothing. */
export const demoRequests = fileURLToPath(new URL('../../examples/requests.jsonl', import.meta.url));

const THROTTLED = 'katherine.johnson@example.com';

/** Puts into the sandboxes what the demo requests meet: two users who are already there, and one bad minute. */
export function prepareDemo(sandboxes: ReadonlyMap<string, Sandbox>): void {
  const fireworks = sandboxes.get('fireworks');
  const vectara = sandboxes.get('vectara');
  const email = 'grace.hopper@example.com';
  // The same person under another name: adopted, and the difference is told.
  fireworks?.addUser({
    userId: derivedUserId(email),
    email,
    role: 'user',
    displayName: 'Rear Admiral Hopper',
  });
  // More rights than the request asks for: a conflict.
  vectara?.addUser({
    username: 'alan.turing',
    email: 'alan.turing@example.com',
    api_roles: ['corpus_administrator'],
  });
  vectara?.inject(
    'create',
    { when: ({ body }) => body.includes(THROTTLED), applied: false, reply: throttled() },
    2,
  );
}

function throttled() {
  const body = JSON.stringify({ messages: ['Too many requests, try again later.'], request_id: 'demo' });
  // Longer than Usher waits within one invocation: the request goes back to the queue.
  return { status: 429, body, headers: { 'retry-after': '30' } };
}
