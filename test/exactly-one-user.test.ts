import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as z from 'zod';
import type { Http } from '../lib/calls/http.ts';
import { providers } from '../lib/providers/index.ts';
import { json, type Operation } from '../local/sandboxes/calls.ts';
import type { Fault } from '../local/sandboxes/faults.ts';
import type { Sending } from './answering-aws.ts';
import { inWorld } from './conformance/case.ts';
import { subjectOf, thirdSubject } from './conformance/fixtures.ts';
import { refusal, requestFor, type Subject } from './conformance/subject.ts';
import type { World } from './world.ts';

/** Where a container dies: around which of its calls. */
interface Death {
  readonly call: number;
  readonly moment: 'before' | 'after';
}

/** One delivery of the request. */
interface Step {
  /** What goes wrong with the next calls of the provider. */
  readonly faults: readonly (readonly [Operation, Fault])[];
  readonly death: Death | undefined;
  /** What SQS makes of the next outcomes. */
  readonly sending: Sending;
  /** The next delivery does not wait for the end of this one. */
  readonly overlaps: boolean;
  /** What goes by before it, and how far the wall clock jumps besides. */
  readonly waitMs: number;
  readonly jumpMs: number;
}

/** From here on a container gives the request up; the last deliveries are not held to it. */
const MAX_RECEIVES = 4;
const MOST_DELIVERIES = 50;
const HOUR_MS = 3_600_000;

function stories(subject: Subject): fc.Arbitrary<Step[]> {
  const refusals = [401, 403, 404, 407, 408, 410, 421, 429, 500, 502, 503, 504].map((status) =>
    refusal(subject, status),
  );
  const reply = fc.constantFrom(
    'reset' as const,
    'truncate' as const,
    json(200, null),
    json(200, { odd: true }),
    refusal(subject, 429, { 'retry-after': '1' }),
    ...refusals,
  );
  const operation = fc.constantFrom<Operation[]>('create', 'create', 'get', 'list', 'token');
  const fault = fc.record({ applied: fc.boolean(), reply });
  const death = fc.record({
    call: fc.integer({ min: 1, max: 5 }),
    moment: fc.constantFrom('before' as const, 'after' as const),
  });
  const step = fc.record({
    faults: fc.array(fc.tuple(operation, fault), { maxLength: 3 }),
    death: fc.option(death, { nil: undefined, freq: 2 }),
    sending: fc.constantFrom<Sending[]>('taken', 'refused', 'taken unheard'),
    overlaps: fc.boolean(),
    waitMs: fc.constantFrom(0, 61_000, HOUR_MS),
    jumpMs: fc.constantFrom(0, 0, 6 * 60_000, -6 * 60_000),
  });
  return fc.array(step, { maxLength: 8 });
}

/** Delivers the request as the story goes, and then in peace until there is an answer. */
async function live(world: World, request: object, story: readonly Step[]): Promise<void> {
  const survivor = world.startContainer({ maxReceives: MAX_RECEIVES });
  const running: Promise<unknown>[] = [];
  for (const [index, { faults, death, sending, overlaps, waitMs, jumpMs }] of story.entries()) {
    world.clock.skip(waitMs);
    world.clock.jump(jumpMs);
    for (const [operation, fault] of faults) world.sandbox.inject(operation, fault);
    world.aws.sendings.push(sending);
    const mortal = death && mortality(death);
    const container = mortal
      ? world.startContainer({ maxReceives: MAX_RECEIVES, around: mortal.around })
      : survivor;
    const delivery = container.deliverBatch([request], { receives: index + 1 });
    running.push(mortal ? Promise.race([delivery, mortal.death]) : delivery);
    if (!overlaps) await running.at(-1);
  }
  await Promise.all(running);
  world.aws.sendings.length = 0;
  await deliverInPeace(world, request);
}

async function deliverInPeace(world: World, request: object): Promise<void> {
  const container = world.startContainer();
  for (let deliveries = 0; deliveries < MOST_DELIVERIES; deliveries++) {
    const told = await container.deliver(request, { receives: 2 });
    if (told.result !== 'handed back') return;
    world.clock.skip((told.delaySeconds ?? 0) * 1000);
  }
  throw new Error('The request never ends.');
}

/** After its last call a container does and hears nothing any more. */
function mortality({ call: last, moment }: Death) {
  const { promise: death, resolve: die } = Promise.withResolvers<void>();
  let calls = 0;
  const around =
    (http: Http): Http =>
    async (call) => {
      calls += 1;
      if (calls < last) return http(call);
      if (calls === last && moment === 'after') await http(call).catch(() => {});
      die();
      return new Promise(() => {});
    };
  return { death, around };
}

const outcome = z.object({
  id: z.string(),
  type: z.string(),
  data: z.object({ result: z.string().optional(), user: z.object({ id: z.string() }).optional() }),
});

function expectOneUserAndOneAnswer({ aws, sandbox }: World): void {
  expect(sandbox.users()).toHaveLength(1);
  const outcomes = aws.sent.map(({ body }) => outcome.parse(JSON.parse(body)));
  for (const [, alike] of Map.groupBy(outcomes, ({ type }) => type)) {
    expect(new Set(alike.map(({ id }) => id)).size).toBe(1);
  }
  const completions = outcomes.filter(({ type }) => type === 'user.completed.v1').map(({ data }) => data);
  expect(completions.length).toBeGreaterThan(0);
  expect(new Set(completions.map(({ user }) => user?.id)).size).toBe(1);
  expect(completions.filter(({ result }) => result === 'created').length).toBeLessThanOrEqual(1);
}

for (const subject of [...providers.map(subjectOf), thirdSubject]) {
  test.concurrent(`A request makes exactly one user at ${subject.provider.name}, whatever goes wrong and wherever Usher dies`, async () => {
    const pendingPolls = fc.integer({ min: 0, max: 6 });
    await fc.assert(
      fc.asyncProperty(stories(subject), pendingPolls, (story, polls) =>
        inWorld(
          subject,
          async (world) => {
            await live(world, requestFor(subject), story);
            expectOneUserAndOneAnswer(world);
          },
          { pendingPolls: polls },
        ),
      ),
      { numRuns: 40 },
    );
  });
}
