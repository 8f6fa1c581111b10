import type { Call, Operation } from '../local/sandboxes/calls.ts';
import type { Sandbox } from '../local/sandboxes/sandbox.ts';
import type { User } from '../local/sandboxes/users.ts';
import type { Peer } from './peer.ts';

/** A peer in the place of a sandbox, as far as that goes: it makes no faults, and its users are those it has told of. */
export function sandboxOf(peer: Peer): Sandbox {
  const secret = JSON.stringify({ baseUrl: peer.baseUrl, token: peer.token });
  return {
    name: 'scim',
    url: peer.baseUrl,
    environment: { SCIM_ALLOWED_ROLES: 'member,editor' },
    secret,
    get calls() {
      return peer.calls.map(callOf);
    },
    users: () =>
      peer.calls.filter(({ status }) => status === 201).map(({ answer }): User => JSON.parse(answer)),
    confidential: () => [peer.token],
    mostInFlight: unknown,
    addUser: unknown,
    reveal: unknown,
    rotateCredentials: unknown,
    inject: unknown,
    dropSockets: unknown,
    refuse: unknown,
    close: async () => peer[Symbol.asyncDispose](),
  };
}

function unknown(): never {
  throw new Error('A server of somebody else cannot be told to do this');
}

function callOf({ method, path }: Peer['calls'][number]): Call {
  return { operation: operationOf(method, path), method, path, headers: {}, body: '' };
}

function operationOf(method: string, path: string): Operation {
  if (method === 'POST') return 'create';
  return path.includes('filter=') ? 'get' : 'list';
}
