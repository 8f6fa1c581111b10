import { expect, test } from 'vitest';
import type { Http } from '../../lib/calls/http.ts';
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
  /** No call may take longer than a moment. */
  readonly impatient?: boolean;
  /** What Lambda leaves the invocation; a minute by default. */
  readonly remainingMs?: number;
  readonly ends: Success | Ending;
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
  /** What a dead letter of the first receive says. */
  readonly remote: Remote;
  /** What one of a later receive says, where it is not the same. */
  readonly later?: Remote;
  /** How long the message stays away; left out where the request is dead-lettered at once. */
  readonly delaySeconds?: unknown;
  readonly differences?: readonly string[];
  readonly httpStatus?: number;
  readonly message?: unknown;
}

const MAX_RECEIVES = 15;
const IMPATIENT_MS = 800;

/** Tries each case, by its title. */
export function tries(subject: Subject, cases: Readonly<Record<string, Case>>): void {
  for (const [title, one] of Object.entries(cases)) {
    test.concurrent(title, () =>
      'code' in one.ends ? fails(subject, one, one.ends) : succeeds(subject, one, one.ends),
    );
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

async function succeeds(subject: Subject, one: Case, { differences = [], ...ends }: Success): Promise<void> {
  const user = expect.objectContaining({ id: expect.stringMatching(/./) });
  expect(await deliver(subject, one, 1, MAX_RECEIVES)).toEqual({ ...ends, differences, user });
}

async function fails(subject: Subject, one: Case, ends: Ending): Promise<void> {
  const { code, remote, later = remote, delaySeconds, differences = [], ...more } = ends;
  const isFinal = delaySeconds === undefined;
  const deadLetter = { result: 'dead-lettered', code, exhausted: !isFinal, remote, differences, ...more };
  const { calls, users } = ends;
  const handedBack = { result: 'handed back', code, delaySeconds, differences: [], calls, users };

  const [first, only, last] = await Promise.all([
    deliver(subject, one, 1, MAX_RECEIVES),
    deliver(subject, one, 1, 1),
    deliver(subject, one, MAX_RECEIVES, MAX_RECEIVES),
  ]);
  expect(first).toMatchObject(isFinal ? deadLetter : handedBack);
  expect(only).toMatchObject(deadLetter);
  expect(last).toMatchObject({ ...deadLetter, remote: later });
}

/** Delivers the case's request in a world of its own: what is told of it, the calls it took, the users there are. */
function deliver(subject: Subject, one: Case, receives: number, maxReceives: number): Promise<object> {
  const { given, user = subject.user, impatient, remainingMs = 60_000 } = one;
  const inThisWorld = async (world: World) => {
    const container = world.startContainer({ maxReceives, ...(impatient && { around: impatiently }) });
    await given?.(world, container);
    world.takeOperations();
    const told = await container.deliver(requestFor(subject, { user }), { receives, remainingMs });
    return { differences: [], ...told, calls: world.takeOperations(), users: world.sandbox.users().length };
  };
  return inWorld(subject, inThisWorld, one.sandbox);
}

function impatiently(http: Http): Http {
  return (call) => http({ ...call, timeoutMs: Math.min(call.timeoutMs, IMPATIENT_MS) });
}
