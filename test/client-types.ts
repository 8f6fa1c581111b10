// Compiled by `npm run types`: each use that is wrong must be an error, and each that is right none.
import {
  isCompleted,
  isDeadLettered,
  onceById,
  type RequestedEvent,
  readOutcome,
  requestUser,
} from '../client/index.ts';

requestUser({ provider: 'fireworks', user: { email: 'ada@example.com' } });
requestUser({ provider: 'fireworks', user: { serviceAccount: true, userId: 'robot' } });
requestUser({ provider: 'fireworks', user: { email: 'a@b', role: 'custom', permissionPreset: 'agent' } });
requestUser({
  provider: 'vectara',
  user: { email: 'a@b', corpus_roles: [{ corpus_key: 'docs', role: 'viewer' }] },
});

// @ts-expect-error there is no such provider
requestUser({ provider: 'acme', user: { email: 'a@b' } });
// @ts-expect-error an e-mail or a service account
requestUser({ provider: 'fireworks', user: { displayName: 'Ada' } });
// @ts-expect-error a service account needs its userId
requestUser({ provider: 'fireworks', user: { serviceAccount: true } });
// @ts-expect-error a preset goes with role custom alone
requestUser({ provider: 'fireworks', user: { email: 'a@b', role: 'user', permissionPreset: 'agent' } });
// @ts-expect-error role custom needs a preset
requestUser({ provider: 'fireworks', user: { email: 'a@b', role: 'custom' } });
// @ts-expect-error a role outside the allow-list
requestUser({ provider: 'fireworks', user: { email: 'a@b', role: 'admin' } });
// @ts-expect-error a field of the other provider
requestUser({ provider: 'fireworks', user: { email: 'a@b', username: 'ada' } });
// @ts-expect-error a misspelt field
requestUser({ provider: 'vectara', user: { email: 'a@b', descripton: 'Ada' } });
// @ts-expect-error Vectara needs an e-mail
requestUser({ provider: 'vectara', user: { username: 'ada' } });
// @ts-expect-error a list of roles
requestUser({ provider: 'vectara', user: { email: 'a@b', api_roles: 'viewer' } });

export function outcomes(event: RequestedEvent, message: { Body: string }): string {
  // @ts-expect-error an event is not changed
  event.id = 'another';
  const outcome = readOutcome(message);
  if (outcome === undefined) return 'none';
  // @ts-expect-error it may be raw
  outcome.data;
  if (isCompleted(outcome)) return outcome.data.user.id;
  // @ts-expect-error only a completion has a user
  outcome.data?.user;
  if (isDeadLettered(outcome)) return outcome.data.failure.code satisfies 'invalid_event' | string;
  return outcome.body;
}

export const handler = onceById<{ id: string | undefined }>(
  { has: async () => false, add: async () => {} },
  async () => {},
);
// @ts-expect-error a store needs both
onceById({ has: async () => false }, async () => {});
