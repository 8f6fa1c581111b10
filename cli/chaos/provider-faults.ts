import { isObject, parseJson } from '../../lib/json.ts';
import { type Answer, type Call, json, type Operation } from '../../local/sandboxes/calls.ts';
import type { Fault } from '../../local/sandboxes/faults.ts';
import { firewallRefusal, routerNotFound, withBom, zipped } from '../../local/sandboxes/intermediaries.ts';
import { createFaultPlan, type FaultPlan, type Rate } from './fault-plan.ts';
import { FIREWALLED } from './people.ts';
import { between, createRandom } from './random.ts';

/** `before` and `after`: the provider has not, or has, done what the call asks for. */
const FAULTS = new Map<string, Fault>([
  ['reset before', { applied: false, reply: 'reset' }],
  ['reset after', { applied: true, reply: 'reset' }],
  ['hang before', { applied: false, reply: 'hang' }],
  ['hang after', { applied: true, reply: 'hang' }],
  ['truncated before', { applied: false, reply: 'truncate' }],
  ['truncated after', { applied: true, reply: 'truncate' }],
  ['unreadable after', { applied: true, reply: json(200, { greeting: 'hello' }) }],
  ['500 before', { applied: false, reply: failure(500) }],
  ['500 after', { applied: true, reply: failure(500) }],
  ['503 before', { applied: false, reply: failure(503) }],
  ['504 after', { applied: true, reply: failure(504) }],
  ['401', { applied: false, reply: failure(401) }],
  ['429', { applied: false, reply: failure(429) }],
  ['429 for 1 s', { applied: false, reply: failure(429, { 'retry-after': '1' }) }],
  ['429 for 30 s', { applied: false, reply: failure(429, { 'retry-after': '30' }) }],
  ['pending', { applied: true, reply: pending }],
  ['gzip', { applied: true, reply: (answer) => zipped(answer, 'gzip') }],
  ['deflate', { applied: true, reply: (answer) => zipped(answer, 'deflate') }],
  ['br', { applied: true, reply: (answer) => zipped(answer, 'br') }],
  ['byte order mark', { applied: true, reply: withBom }],
]);

/** Makes all credentials void and puts new ones into the secret, before the call is answered. */
const ROTATED = 'credentials rotated';

const creates: readonly Rate[] = [
  { kind: 'reset before', every: 60 },
  { kind: 'reset after', every: 60 },
  // A hang costs a container most of its time.
  { kind: 'hang before', every: 800 },
  { kind: 'hang after', every: 800 },
  { kind: 'truncated before', every: 200 },
  { kind: 'truncated after', every: 80 },
  { kind: 'unreadable after', every: 120 },
  { kind: '500 before', every: 80 },
  { kind: '500 after', every: 80 },
  { kind: '503 before', every: 100 },
  { kind: '504 after', every: 100 },
  // At Fireworks it pauses the connection.
  { kind: '401', every: 400 },
  { kind: '429', every: 100 },
  { kind: '429 for 1 s', every: 100 },
  { kind: '429 for 30 s', every: 150 },
  { kind: ROTATED, every: 1_500 },
  { kind: 'gzip', every: 100 },
  { kind: 'deflate', every: 100 },
  { kind: 'br', every: 100 },
  { kind: 'byte order mark', every: 100 },
];
const gets: readonly Rate[] = [
  { kind: 'reset before', every: 50, within: 15 },
  { kind: '500 before', every: 80, within: 15 },
  { kind: '429', every: 150, within: 15 },
  { kind: 'truncated after', every: 100, within: 15 },
  { kind: 'gzip', every: 100, within: 15 },
  { kind: 'byte order mark', every: 100, within: 15 },
];
/** Few, as one look-up may read many pages. */
const lists: readonly Rate[] = [
  { kind: 'reset before', every: 400, within: 3 },
  { kind: '500 before', every: 400, within: 3 },
  { kind: 'gzip', every: 50, within: 3 },
];
const tokens: readonly Rate[] = [
  { kind: 'reset before', every: 25, within: 10 },
  { kind: '500 before', every: 40, within: 10 },
  { kind: '429 for 1 s', every: 40, within: 10 },
  { kind: 'br', every: 40, within: 10 },
];
/** A router in front of everything but the tokens, which live elsewhere: an outage of so many calls. */
const routes: readonly Rate[] = [{ kind: '404 of a router', every: 1_000, within: 60, times: 20 }];

const rates: ReadonlyMap<string, ReadonlyMap<Operation, readonly Rate[]>> = new Map([
  [
    'fireworks',
    new Map<Operation, readonly Rate[]>([
      ['create', [...creates, { kind: 'pending', every: 40 }]],
      ['get', [...gets, { kind: 'pending', every: 60, within: 15 }]],
      ['list', lists],
    ]),
  ],
  [
    'vectara',
    new Map<Operation, readonly Rate[]>([
      ['create', creates],
      ['get', gets],
      ['list', lists],
      ['token', tokens],
    ]),
  ],
  [
    'scim',
    new Map<Operation, readonly Rate[]>([
      ['create', creates],
      ['get', gets],
      ['list', lists],
    ]),
  ],
]);

/** Always met by a call whose body a firewall does not like. */
const FIREWALL = 'create: 403 of a firewall';
const LAG = 'create: shown late';

const lags: readonly Rate[] = [{ kind: LAG, every: 5 }];
const LAG_MS = [20, 400] as const;

/** What one call meets; a kind without a fault has happened beside the call. */
export interface Disturbance {
  readonly kind?: string | undefined;
  readonly fault?: Fault | undefined;
}

export interface ProviderFaultsOptions {
  readonly seed: number;
  readonly provider: string;
  /** Makes all credentials void and puts new ones into the secrets. */
  readonly rotate: () => void;
}

/** Every kind of fault that calls of the provider may meet, with its operation. */
export function providerFaultKinds(provider: string): string[] {
  const kinds = [...(rates.get(provider) ?? [])].flatMap(([operation, list]) =>
    list.map(({ kind }) => `${operation}: ${kind}`),
  );
  return [...kinds, LAG, FIREWALL, ...routes.map(({ kind }) => kind)];
}

/** What goes wrong with the calls of a provider, one after another. */
export function createProviderFaults({ seed, provider, rotate }: ProviderFaultsOptions) {
  const routing = createFaultPlan(seed, `${provider} routes`, routes);
  const plans = new Map<Operation, FaultPlan>();
  for (const [operation, list] of rates.get(provider) ?? []) {
    plans.set(operation, createFaultPlan(seed, `${provider} ${operation}`, list));
  }
  return ({ operation, body }: Call): Disturbance => {
    if (body.includes(FIREWALLED))
      return { kind: FIREWALL, fault: { applied: false, reply: firewallRefusal } };
    const outage = operation === 'token' ? undefined : routing();
    if (outage) return { kind: outage, fault: { applied: false, reply: routerNotFound } };
    const kind = plans.get(operation)?.();
    if (kind === ROTATED) rotate();
    return { kind: kind && `${operation}: ${kind}`, fault: FAULTS.get(kind ?? '') };
  };
}

/** For how many milliseconds a new user is not shown, one after another. */
export function createLag(seed: number, provider: string, onLag: (kind: string) => void): () => number {
  const random = createRandom(seed, `${provider} lag times`);
  const plan = createFaultPlan(seed, `${provider} lag`, lags);
  return () => {
    const kind = plan();
    if (kind === undefined) return 0;
    onLag(kind);
    return between(random, ...LAG_MS);
  };
}

function failure(status: number, headers: Readonly<Record<string, string>> = {}): Answer {
  const message = 'an injected fault';
  return json(status, { message, messages: [message] }, headers);
}

function pending(answer: Answer): Answer {
  const user = parseJson(String(answer.body));
  if (answer.status !== 200 || !isObject(user)) return answer;
  return json(200, { ...user, state: 'CREATING' });
}
