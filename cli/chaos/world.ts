import type { SQSEvent } from 'aws-lambda';
import { isObject, parseJson } from '../../lib/json.ts';
import type { Call } from '../../local/sandboxes/calls.ts';
import type { Fault } from '../../local/sandboxes/faults.ts';
import { startFireworks } from '../../local/sandboxes/fireworks.ts';
import type { Sandbox } from '../../local/sandboxes/sandbox.ts';
import { startVectara } from '../../local/sandboxes/vectara.ts';
import { type Stack, startStack } from '../../local/stack.ts';
import { type AccountUser, usersOf } from './accounts.ts';
import { awsFaultKinds, createAwsFaults } from './aws-faults.ts';
import type { Journal } from './journal.ts';
import { CONNECTIONS } from './people.ts';
import { createProviderFaults, providerFaultKinds } from './provider-faults.ts';
import type { Traffic } from './requests.ts';
import type { createTally } from './tally.ts';

export interface World extends AsyncDisposable {
  readonly stack: Stack;
  readonly sandboxes: readonly Sandbox[];
  readonly counts: Readonly<Counts>;
  /** All users of both providers. */
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
const MAX_RECEIVES = 3;
/** The longest delays between receives take a few seconds. */
const DELAYS_SHORTENED = 1_200;
/** Groups of faults, besides the providers. */
export const AWS = 'AWS';
export const REFUSED = 'connection refused';

/** The built functions, queues and secrets with both providers' sandboxes, and faults in the calls between them. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const { seed, strangers, journal, faults, onTrouble } = options;
  const counts: Counts = { deliveries: 0, cutShort: 0, timedOut: 0 };
  await using parts = new AsyncDisposableStack();

  const sandboxes: Sandbox[] = [];
  for (const [provider, start] of PROVIDERS) {
    faults.expect(provider, [...providerFaultKinds(provider), REFUSED]);
    const faultOf = createProviderFaults({
      seed,
      provider,
      rotate: () => rotate(provider),
      onCall(call, kind) {
        if (kind) faults.count(provider, kind);
        journal.ofPerson(call.path + call.body, `${provider} ${kind ?? call.operation}`);
      },
    });
    sandboxes.push(parts.adopt(await start(faultOf), (sandbox) => sandbox.close()));
  }
  const strangerIds = new Set(strangers.map((stranger) => addStranger(sandboxes, stranger)));

  faults.expect(AWS, awsFaultKinds);
  const stack = parts.use(
    await startStack({
      timeoutMs: TIMEOUT_MS,
      visibilitySeconds: VISIBILITY_SECONDS,
      visibilityScale: 1 / DELAYS_SHORTENED,
      concurrency: CONTAINERS,
      maxReceives: MAX_RECEIVES,
      environment: Object.assign({}, ...sandboxes.map(({ environment }) => environment)),
      secrets: Object.fromEntries(sandboxes.flatMap(secretsOf)),
      onCall: createAwsFaults(seed, (kind) => faults.count(AWS, kind)),
      onInvoke: (event) => noteDeliveries(event, counts, journal),
      onLog: createLogReader(counts, onTrouble),
    }),
  );

  function rotate(provider: string): void {
    const sandbox = sandboxes.find(({ name }) => name === provider);
    sandbox?.rotateCredentials();
    for (const [name, content] of sandbox ? secretsOf(sandbox) : []) stack.secretsManager.set(name, content);
  }

  const running = parts.move();
  return {
    stack,
    sandboxes,
    counts,
    users: () => usersOf(sandboxes, strangerIds),
    kill() {
      for (const each of Object.values(stack.functions)) each.kill();
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

type OnCall = (call: Call) => Fault | undefined;

const PROVIDERS = new Map([
  // Nothing but the key keeps Fireworks from making the same user twice.
  ['fireworks', (onCall: OnCall) => startFireworks({ onCall, sharedEmails: true })],
  ['vectara', (onCall: OnCall) => startVectara({ onCall })],
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
  return String(made?.name ?? made?.id);
}

function noteDeliveries({ Records }: SQSEvent, counts: Counts, journal: Journal): void {
  counts.deliveries += Records.length;
  for (const { body, messageId, attributes } of Records) {
    journal.ofRequest(body, `message ${messageId} delivered, receive ${attributes.ApproximateReceiveCount}`);
  }
}

function createLogReader(counts: Counts, onTrouble: (line: string) => void) {
  return (line: string): void => {
    if (line.startsWith('Runtime.ExitError')) counts.cutShort += 1;
    if (line.startsWith('Sandbox.Timedout')) counts.timedOut += 1;
    const entry = parseJson(line);
    // A send that failed for good is no defect.
    if (isObject(entry) && entry.level === 'ERROR' && entry.error !== 'Failure') onTrouble(line);
  };
}
