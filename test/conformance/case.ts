import { expect, test } from 'vitest';
import type { Http, HttpCall } from '../../lib/calls/http.ts';
import type { Fields } from '../../lib/providers/provider.ts';
import type { Remote } from '../../lib/records/failure.ts';
import type { SandboxOptions } from '../../local/sandboxes/sandbox.ts';
import { type Container, openWorld, type World } from '../world.ts';
import { requestFor, type Subject } from './subject.ts';

/** One delivery of one request, and what must become of it. */
export interface Case {
  /** What the delivery meets. */
  readonly given?: (world: World, container: Container) => unknown;
  readonly sandbox?: SandboxOptions;
  /** `data.user`, where it is not the subject's. */
  readonly user?: Fields;
  /** The call that is not answered to its end, which is given up after a moment. */
  readonly hanging?: 'create' | 'get' | 'token';
  /** What Lambda leaves the invocation; a minute by default. */
  readonly remainingMs?: number;
  /** What a first receive comes to. */
  readonly ends: Success | Ending;
  /**
   * In what a later receive, which looks before it creates, comes to something else than that look and the same. Where
   * the first one succeeds and this is left out, no later one is tried.
   */
  readonly later?: Success | Partial<Ending>;
  /**
   * What a first receive comes to at a provider that is asked before each create; by default what a later one does, or
   * the same after a look.
   */
  readonly looked?: Success | Partial<Ending>;
}

interface Seen {
  /** The operations that the provider was asked for, in order, tokens aside. */
  readonly calls: readonly string[];
  /** How many users it has afterwards. */
  readonly users: number;
}

interface Success extends Seen {
  readonly result: 'created' | 'existing';
  readonly differences?: readonly string[];
}

interface Ending extends Seen {
  readonly code: string;
  /** What a dead letter says. */
  readonly remote: Remote;
  /** How long the message stays away after a first receive; undefined where the request is dead-lettered at once. */
  readonly delaySeconds?: unknown;
  readonly differences?: readonly string[];
  readonly httpStatus?: unknown;
  readonly message?: unknown;
}

const MAX_RECEIVES = 15;
const GIVEN_UP_AFTER_MS = 500;
/** Whatever happens, a delivery costs the provider no more creates and look-ups by key. */
const MOST_CALLS = 4;

/** Tries each case, by its title. */
export function tries(subject: Subject, cases: Readonly<Record<string, Case>>): void {
  for (const [title, one] of Object.entries(cases)) {
    test.concurrent(title, () => tryCase(subject, one));
  }
}

/** Opens the subject's sandbox and AWS; whatever happens there, no secret comes out. */
export async function inWorld<Result>(
  subject: Subject,
  happens: (world: World) => Promise<Result>,
  options?: SandboxOptions,
): Promise<Result> {
  await using world = openWorld(subject.provider, await subject.startSandbox(options));
  const result = await happens(world);
  expectSecrecy(world);
  return result;
}

function expectSecrecy({ logs, aws, sandbox }: World): void {
  const told = [...logs, ...aws.sent.map((message) => JSON.stringify(message))].join('\n');
  const leaked = sandbox.confidential().filter((secret) => told.includes(secret));
  expect(leaked).toEqual([]);
  expect(logs.join('\n')).not.toMatch(/@example\.com/i);
}

async function tryCase(subject: Subject, one: Case): Promise<void> {
  const first = subject.provider.looksFirst ? endOfLooked(one) : one.ends;
  const tried = [expectDelivery(subject, one, { receives: 1, maxReceives: MAX_RECEIVES }, first)];
  if ('code' in first) {
    tried.push(expectDelivery(subject, one, { receives: 1, maxReceives: 1 }, first));
  }
  const later = endOfLater(one);
  if (later) {
    const last = { receives: MAX_RECEIVES, maxReceives: MAX_RECEIVES };
    tried.push(expectDelivery(subject, one, last, later));
  }
  await Promise.all(tried);
}

function endOfLater({ ends, later = {} }: Case): Success | Ending | undefined {
  if ('result' in later) return later;
  return 'code' in ends ? { ...ends, calls: ['get', ...ends.calls], ...later } : undefined;
}

function endOfLooked({ ends, later = {}, looked }: Case): Success | Ending {
  if (looked && 'result' in looked) return looked;
  if (!looked && 'result' in later) return later;
  const told = looked ?? ('code' in later && later.calls ? later : { calls: later.calls });
  const { calls = ['get', ...ends.calls] } = told;
  if (!('code' in ends)) {
    if (looked) return looked as Ending;
    return { ...ends, calls: ends.result === 'created' ? calls : expect.anything() };
  }
  const isLookAlone = calls.every((call) => call === 'get');
  // A first receive has sent no create before.
  const remote = isLookAlone && ends.remote === 'unknown' ? 'absent' : ends.remote;
  return { ...ends, ...told, calls, ...(ends.remote === 'present' ? {} : { remote }), ...looked };
}

interface Receipt {
  readonly receives: number;
  readonly maxReceives: number;
}

async function expectDelivery(
  subject: Subject,
  one: Case,
  receipt: Receipt,
  end: Success | Ending,
): Promise<void> {
  const isLast = receipt.receives === receipt.maxReceives;
  expect(await deliver(subject, one, receipt)).toMatchObject(told(end, isLast));
}

/** What a delivery that comes to this end tells of it. */
function told(end: Success | Ending, isLast: boolean): object {
  if ('result' in end) {
    return { differences: [], user: expect.objectContaining({ id: expect.stringMatching(/./) }), ...end };
  }
  const { delaySeconds, ...letter } = end;
  const isFinal = delaySeconds === undefined;
  if (isFinal || isLast) {
    return { result: 'dead-lettered', exhausted: !isFinal, differences: [], ...letter };
  }
  const { code, calls, users } = end;
  return { result: 'handed back', code, delaySeconds, differences: [], calls, users };
}

/** Delivers the case's request in a world of its own: what is told of it, the calls it took, the users there are. */
function deliver(subject: Subject, one: Case, { receives, maxReceives }: Receipt): Promise<object> {
  const { given, user = subject.user, hanging, remainingMs = 60_000 } = one;
  const inThisWorld = async (world: World) => {
    const container = world.startContainer({ maxReceives, ...(hanging && { around: impatient(hanging) }) });
    await given?.(world, container);
    world.takeOperations();
    const told = await container.deliver(requestFor(subject, { user }), { receives, remainingMs });
    const calls = world.takeOperations();
    expect(calls.filter((operation) => operation !== 'list').length).toBeLessThanOrEqual(MOST_CALLS);
    return { differences: [], ...told, calls, users: world.sandbox.users().length };
  };
  return inWorld(subject, inThisWorld, one.sandbox);
}

function impatient(hanging: Case['hanging']) {
  return (http: Http): Http =>
    (call) =>
      http(kindOf(call) === hanging ? { ...call, timeoutMs: GIVEN_UP_AFTER_MS } : call);
}

function kindOf({ method, headers }: HttpCall): string {
  if (method === 'GET') return 'get';
  return headers['content-type'] === 'application/json' ? 'create' : 'token';
}
