import type { SQSEvent } from 'aws-lambda';
import { isObject, parseJson } from '../../lib/json.ts';
import { startFireworks } from '../../local/sandboxes/fireworks.ts';
import type { SocketEnd } from '../../local/sandboxes/kept-sockets.ts';
import type { Sandbox, StartSandbox } from '../../local/sandboxes/sandbox.ts';
import { startScim } from '../../local/sandboxes/scim.ts';
import { startVectara } from '../../local/sandboxes/vectara.ts';
import { type Stack, startStack } from '../../local/stack.ts';
import { type AccountUser, usersOf } from './accounts.ts';
import { awsFaultKinds, createAwsFaults } from './aws-faults.ts';
import { BACK, FORWARD, jumpIn, jumpingClock } from './clock-jumps.ts';
import type { Journal } from './journal.ts';
import {
  callOf,
  type Observations,
  type ProviderCall,
  type RequestDelivery,
  watched,
} from './observations.ts';
import { CONNECTIONS } from './people.ts';
import { createLag, createProviderFaults, providerFaultKinds } from './provider-faults.ts';
import { requestIdIn, type Traffic } from './requests.ts';
import type { createTally } from './tally.ts';

export interface World extends AsyncDisposable {
  readonly stack: Stack;
  readonly sandboxes: readonly Sandbox[];
  readonly counts: Readonly<Counts>;
  readonly observations: Observations;
  /** All users of all providers. */
  users(): AccountUser[];
  /** Ends the functions at once, in the middle of whatever they do. */
  kill(): void;
}

/** What happened so far. */
export interface Counts {
  /** Records handed to a function. */
  deliveries: number;
  /** Invocations that ended because their container did. */
  cutShort: number;
  /** Invocations that the function's time-out ended. */
  timedOut: number;
}

export interface WorldOptions {
  readonly seed: number;
  readonly strangers: Traffic['strangers'];
  readonly journal: Journal;
  readonly faults: ReturnType<typeof createTally>;
  /** Gets what a function logs as a defect. */
  readonly onTrouble: (line: string) => void;
}

const TIMEOUT_MS = 4_000;
/** Just longer than an invocation: what a killed container was at comes back soon. */
const VISIBILITY_SECONDS = 5;
const CONTAINERS = 6;
/** Few, so that some requests are exhausted. */
export const MAX_RECEIVES = 3;
/** The longest delays between receives take a few seconds. */
const DELAYS_SHORTENED = 1_200;
/** Groups of faults, besides the providers. */
export const AWS = 'AWS';
export const REFUSED = 'connection refused';
export const SOCKETS_ENDED: Readonly<Record<SocketEnd, string>> = {
  fin: 'kept connections closed',
  rst: 'kept connections reset',
  'rst on use': 'kept connections reset when used',
};
const CLOCK = 'wall clock';

/** The built functions, queues and secrets with the providers' sandboxes, and faults in the calls between them. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const { seed, strangers, journal, faults, onTrouble } = options;
  const counts: Counts = { deliveries: 0, cutShort: 0, timedOut: 0 };
  const calls: ProviderCall[] = [];
  const deliveries: RequestDelivery[] = [];
  const refusedPauses: string[] = [];
  await using parts = new AsyncDisposableStack();

  const sandboxes: Sandbox[] = [];
  for (const [provider, start] of PROVIDERS) {
    faults.expect(provider, [...providerFaultKinds(provider), ...[REFUSED, ...Object.values(SOCKETS_ENDED)]]);
    const disturb = createProviderFaults({ seed, provider, rotate: () => rotate(provider) });
    const sandbox = await start({
      lagMs: createLag(seed, provider, (kind) => faults.count(provider, kind)),
      onCall(call) {
        const { kind, fault } = disturb(call);
        if (kind) faults.count(provider, kind);
        return watched(fault, (reply) => {
          const noted = callOf(provider, call, reply);
          calls.push(noted);
          journal.ofPerson(call.path + call.body, `${provider} ${kind ?? call.operation}, ${noted.answer}`);
        });
      },
    });
    sandboxes.push(parts.adopt(sandbox, () => sandbox.close()));
  }
  const strangerIds = new Set(strangers.map((stranger) => addStranger(sandboxes, stranger)));

  faults.expect(AWS, awsFaultKinds);
  faults.expect(CLOCK, [FORWARD, BACK]);
  const stack = parts.use(
    await startStack({
      timeoutMs: TIMEOUT_MS,
      visibilitySeconds: VISIBILITY_SECONDS,
      visibilityScale: 1 / DELAYS_SHORTENED,
      concurrency: CONTAINERS,
      maxReceives: MAX_RECEIVES,
      environment: Object.assign(jumpingClock(seed), ...sandboxes.map(({ environment }) => environment)),
      secrets: Object.fromEntries(sandboxes.flatMap(secretsOf)),
      onCall: createAwsFaults(seed, (kind) => faults.count(AWS, kind)),
      onInvoke: noteDeliveries,
      onLog: readLog,
    }),
  );

  function rotate(provider: string): void {
    const sandbox = sandboxes.find(({ name }) => name === provider);
    sandbox?.rotateCredentials();
    for (const [name, content] of sandbox ? secretsOf(sandbox) : []) stack.secretsManager.set(name, content);
  }

  function noteDeliveries({ Records }: SQSEvent): void {
    counts.deliveries += Records.length;
    for (const { body, messageId, attributes, eventSourceARN } of Records) {
      const receive = Number(attributes.ApproximateReceiveCount);
      const requestId = requestIdIn(body);
      if (requestId !== undefined && eventSourceARN === stack.queues.requests.arn)
        deliveries.push({ requestId, receive, at: Date.now() });
      journal.ofRequest(body, `message ${messageId} delivered, receive ${receive}`);
    }
  }

  function readLog(line: string): void {
    if (line.startsWith('Runtime.ExitError')) counts.cutShort += 1;
    if (line.startsWith('Sandbox.Timedout')) counts.timedOut += 1;
    const entry = parseJson(line);
    if (!isObject(entry)) return;
    const jump = jumpIn(entry);
    if (jump) faults.count(CLOCK, jump);
    if (entry.message === 'connection paused' && entry.code === 'provider_unauthorized')
      refusedPauses.push(`${entry.provider}/${entry.connection}`);
    // A send that failed for good is no defect.
    if (entry.level === 'ERROR' && entry.error !== 'Failure') onTrouble(line);
  }

  const running = parts.move();
  return {
    stack,
    sandboxes,
    counts,
    observations: { calls, deliveries, refusedPauses },
    users: () => usersOf(sandboxes, strangerIds),
    kill() {
      for (const each of Object.values(stack.functions)) each.kill();
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

const PROVIDERS = new Map<string, StartSandbox>([
  // Nothing but the key keeps Fireworks from making the same user twice.
  ['fireworks', (options) => startFireworks({ ...options, sharedEmails: true })],
  ['vectara', startVectara],
  // It changes a user who is there by a POST, and nothing but a look keeps it from that.
  ['scim', (options) => startScim({ ...options, upsert: true })],
]);

function secretsOf({ name, secret }: Sandbox): [name: string, content: string][] {
  return CONNECTIONS.map((connection) => [`usher/${name}/${connection}`, secret]);
}

/** Gives the provider's own id of the new user. */
function addStranger(
  sandboxes: readonly Sandbox[],
  { provider, user }: Traffic['strangers'][number],
): string {
  const made = sandboxes.find(({ name }) => name === provider)?.addUser(user);
  return String(provider === 'fireworks' ? made?.name : made?.id);
}
