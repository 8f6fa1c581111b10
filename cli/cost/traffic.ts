import type { RequestLine } from '../start/request-lines.ts';

const FIELDS = {
  fireworks: { displayName: 'Ada Lovelace' },
  vectara: { api_roles: ['corpus_viewer'] },
};

export type ProviderName = keyof typeof FIELDS;

/** The providers that the requests are for. */
export const MEASURED = Object.keys(FIELDS);

/** A request for a user who is new where no other request has this number. */
export function newUser(number: number, provider: ProviderName): RequestLine {
  const user = { email: `ada.lovelace.${number}@example.com`, ...FIELDS[provider] };
  const event = {
    specversion: '1.0',
    id: `signup-${number}`,
    source: 'https://signup.example.com',
    type: 'user.requested.v1',
    time: '2026-01-01T00:00:00Z',
    subject: `user-${number}`,
    data: { provider, user },
  };
  return { number, body: JSON.stringify(event) };
}

/** So many requests for new users of both providers in turn. */
export function newUsers(count: number): RequestLine[] {
  return Array.from({ length: count }, (_, index) =>
    newUser(index + 1, index % 2 === 0 ? 'fireworks' : 'vectara'),
  );
}
