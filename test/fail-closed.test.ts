import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Fault } from '../local/aws/faults.ts';
import type { Operation } from '../local/sandboxes/calls.ts';
import type { Breakage } from '../local/sandboxes/faults.ts';
import { requestEvent } from './local-usher.ts';
import { openStoryWorld, type StoryWorld } from './story-world.ts';

/** What SQS takes as a body. */
const ALLOWED = /^[\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]+$/u;

const goodRequest = fc.record({
  provider: fc.constantFrom('fireworks', 'vectara'),
  user: fc.record({ email: fc.emailAddress() }),
});
const oddRequest = fc.record(
  {
    provider: fc.oneof(fc.constantFrom('fireworks', 'vectara', '__proto__', ''), fc.jsonValue()),
    connection: fc.oneof(fc.constantFrom('default', 'none'), fc.jsonValue()),
    user: fc.jsonValue(),
  },
  { requiredKeys: [] },
);
const MANY = 130_000;
/** What overflows a stack where it reaches a spread or a recursion. */
const exhausting = fc.constantFrom<unknown>(
  Array.from({ length: MANY }, () => 1),
  Array.from({ length: MANY }, () => ({})),
  JSON.parse(`${'[{"a":'.repeat(1_000)}1${'}]'.repeat(1_000)}`),
);
const exhaustingRequest = fc
  .tuple(fc.constantFrom('api_roles', 'corpus_roles', 'email', 'role', 'x'), exhausting)
  .map(([field, value]) => ({ provider: 'vectara', user: { email: 'a@b', [field]: value } }));
const request = fc
  .tuple(
    fc.uuid(),
    fc.oneof(
      { weight: 4, arbitrary: goodRequest },
      { weight: 4, arbitrary: oddRequest },
      { weight: 1, arbitrary: exhaustingRequest },
    ),
    fc.boolean(),
  )
  .map(([id, data, inBase64]) => {
    const { data: _, ...context } = requestEvent(id, data);
    const data_base64 = Buffer.from(JSON.stringify(data)).toString('base64');
    return JSON.stringify(inBase64 ? { ...context, data_base64 } : { ...context, data });
  });
const body = fc
  .oneof(fc.string({ unit: 'grapheme' }), fc.json(), request)
  .filter((text) => ALLOWED.test(text));

const awsFault: fc.Arbitrary<Fault | undefined> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Fault>({ kind: 'drop', when: 'before' }, { kind: 'drop', when: 'after' }),
  },
  { weight: 1, arbitrary: fc.constant<Fault>({ kind: 'error', name: 'ThrottlingException' }) },
  {
    weight: 1,
    arbitrary: fc.subarray(['0', '1', '2', '3']).map((ids): Fault => ({ kind: 'fail-entries', ids })),
  },
);
const providerFault = fc.record({
  provider: fc.constantFrom('fireworks' as const, 'vectara' as const),
  operation: fc.constantFrom<Operation>('create', 'get', 'list', 'token'),
  applied: fc.boolean(),
  reply: fc.oneof(
    fc.constantFrom<Breakage>('reset', 'truncate'),
    fc.record({
      status: fc.integer({ min: 200, max: 999 }),
      body: fc.oneof(fc.json(), fc.string(), exhaustingAnswer()),
    }),
  ),
});

function exhaustingAnswer() {
  const member = fc.constantFrom(
    'messages',
    'field_errors',
    'error',
    'message',
    'api_roles',
    'corpus_roles',
    'users',
  );
  return fc
    .tuple(member, exhausting)
    .map(([name, value]) => JSON.stringify({ id: 'usr_1', name: 'accounts/acme/users/ada', [name]: value }));
}

async function inWorld(use: (world: StoryWorld) => Promise<void>): Promise<void> {
  await using world = await openStoryWorld();
  await use(world);
}

test('Whatever arrives and whatever fails, each record has its outcome or is named in the answer', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(body, { minLength: 1, maxLength: 6 }),
      fc.array(providerFault, { maxLength: 6 }),
      fc.infiniteStream(awsFault),
      fc.integer({ min: 1, max: 3 }),
      (bodies, providerFaults, awsFaults, receives) =>
        inWorld(async (world) => {
          for (const { provider, operation, applied, reply } of providerFaults) {
            world[provider].inject(operation, applied ? { applied, reply } : { applied: false, reply });
          }
          const told = await world.deliver(bodies, {
            receives,
            remainingMs: 2_000,
            awsFault: () => awsFaults.next().value,
          });
          expect(told).toHaveLength(bodies.length);
          for (const { type, handedBack } of told) expect(handedBack || type !== undefined).toBe(true);
          // And none of it is a defect of ours.
          expect(world.logs.filter((line) => line.includes('"unexpected"'))).toEqual([]);
        }),
    ),
    { numRuns: 30 },
  );
});
