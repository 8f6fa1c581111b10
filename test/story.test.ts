import { afterEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { fireworks } from '../lib/providers/fireworks.ts';
import type { Fault } from '../local/aws/faults.ts';
import { json } from '../local/sandboxes/calls.ts';
import { deadLetterOf } from './deliveries.ts';
import { requestEvent } from './local-usher.ts';
import { type DeliverOptions, openStoryWorld, type StoryWorld } from './story-world.ts';

const open: StoryWorld[] = [];
afterEach(async () => {
  for (const world of open.splice(0)) await world[Symbol.asyncDispose]();
});
async function openWorld(options?: Parameters<typeof openStoryWorld>[0]): Promise<StoryWorld> {
  const world = await openStoryWorld(options);
  open.push(world);
  return world;
}

const ada = { email: 'ada@example.com' };
/** Ada as Fireworks keeps her, under the key that is derived for her. */
const adaAtFireworks = { ...ada, role: 'user', userId: z.parse(fireworks.schemas().user, ada).userId };
const forFireworks = (user: object = ada, id = 'signup-1') =>
  requestEvent(id, { provider: 'fireworks', user });
const forVectara = (user: object = ada, id = 'signup-1') => requestEvent(id, { provider: 'vectara', user });

const completed = (data: object) => ({
  id: expect.any(String),
  type: 'user.completed.v1',
  data: expect.objectContaining(data),
  handedBack: false,
});
const deadLettered = (code: string, remote: string, { exhausted = false, ...failure }: ToldFailure = {}) => ({
  id: expect.any(String),
  type: 'user.dead_lettered.v1',
  data: expect.objectContaining({
    remote,
    failure: expect.objectContaining({ code, exhausted, ...failure }),
  }),
  handedBack: false,
});
const exhausted = (code: string, remote: string) => deadLettered(code, remote, { exhausted: true });
const handedBackFor = (delaySeconds: number) => ({ handedBack: true, delaySeconds });

interface ToldFailure {
  readonly exhausted?: boolean;
  readonly httpStatus?: number;
  readonly issues?: unknown;
  readonly differences?: readonly string[];
}

/** One request, and what becomes of it on its first and on its last receive. */
interface Story {
  readonly title: string;
  readonly request: string | object;
  readonly given?: (world: StoryWorld) => void;
  readonly delivery?: DeliverOptions;
  readonly first: object;
  /** The same as on the first where left out. */
  readonly last?: object;
}

const answer = (status: number, headers: Record<string, string> = {}, body = '{}') =>
  ({ applied: false, reply: { status, headers, body } }) as const;
const refuse =
  (...targets: string[]) =>
  (target: string): Fault | undefined =>
    targets.includes(target) ? { kind: 'error', name: 'InternalError', status: 400 } : undefined;

const refuseCompletions: DeliverOptions['awsFault'] = (target, { QueueUrl }) =>
  String(QueueUrl).endsWith('completions') ? refuse('AmazonSQS.SendMessageBatch')(target) : undefined;

const stories: readonly Story[] = [
  {
    title: 'a good request for Fireworks is completed',
    request: forFireworks(),
    first: completed({ provider: 'fireworks', result: 'created', attempts: 1 }),
    last: completed({ provider: 'fireworks', result: 'created', attempts: 3 }),
  },
  {
    title: 'a good request for Vectara is completed',
    request: forVectara({ ...ada, corpus_roles: [{ corpus_key: 'docs', role: 'viewer' }] }),
    first: completed({ provider: 'vectara', result: 'created', connection: 'default' }),
  },
  {
    title: 'a request whose user is there already is completed',
    request: forFireworks({ ...ada, displayName: 'Ada' }),
    given: ({ fireworks }) => {
      fireworks.addUser({ ...adaAtFireworks, displayName: 'Countess' });
    },
    first: completed({ result: 'existing', differences: ['displayName'] }),
  },
  {
    title: 'text that is no JSON is dead-lettered at once',
    request: 'hello',
    first: deadLettered('invalid_event', 'absent', { issues: [{ path: '', message: expect.any(String) }] }),
    last: deadLettered('invalid_event', 'unknown'),
  },
  {
    title: 'a malformed event is dead-lettered at once, with every problem named',
    request: { ...forFireworks({ mail: 'ada@example.com' }), subject: 'ada@example.com', id: undefined },
    first: deadLettered('invalid_event', 'absent', {
      issues: ['id', 'subject', 'data.user.mail', 'data.user.email'].map((path) =>
        expect.objectContaining({ path }),
      ),
    }),
    last: deadLettered('invalid_event', 'unknown'),
  },
  {
    title: 'a request for a provider that there is not is dead-lettered at once',
    request: requestEvent('signup-1', { provider: 'constructor', user: ada }),
    first: deadLettered('unsupported_provider', 'absent'),
    last: deadLettered('unsupported_provider', 'unknown'),
  },
  {
    title: 'a request for a role outside the allow-list is dead-lettered at once',
    request: forVectara({ ...ada, api_roles: ['viewer', 'owner'] }),
    first: deadLettered('role_not_allowed', 'absent', {
      issues: [{ path: 'data.user.api_roles.1', message: expect.any(String) }],
    }),
    last: deadLettered('role_not_allowed', 'unknown'),
  },
  {
    title: 'a request whose time is over is dead-lettered at once',
    request: { ...forFireworks(), expirytime: '2020-01-01T00:00:00Z' },
    first: deadLettered('request_expired', 'absent'),
    last: deadLettered('request_expired', 'unknown'),
  },
  {
    title: 'a request whose user exists with other rights is dead-lettered at once',
    request: forFireworks({ ...ada, role: 'contributor' }),
    given: ({ fireworks }) => void fireworks.addUser(adaAtFireworks),
    first: deadLettered('user_conflict', 'present', { httpStatus: 409, differences: ['role'] }),
    last: deadLettered('user_conflict', 'present', { differences: ['role'] }),
  },
  {
    title: 'a request whose user is made with other rights is dead-lettered at once',
    request: forFireworks(),
    given: ({ fireworks }) =>
      fireworks.inject('create', {
        applied: true,
        reply: ({ body }) => json(200, { ...JSON.parse(String(body)), role: 'admin' }),
      }),
    first: deadLettered('user_conflict', 'present', { differences: ['role'] }),
  },
  {
    title: 'a request whose user exists and is not shown yet is tried again soon',
    request: forFireworks(),
    given: ({ fireworks }) => void fireworks.addUser(adaAtFireworks, { visible: false }),
    first: handedBackFor(10),
    last: exhausted('provider_pending', 'unknown'),
  },
  {
    title: 'a request that the provider refuses as wrong is dead-lettered at once',
    request: forVectara(),
    given: ({ vectara }) => vectara.inject('create', answer(422)),
    first: deadLettered('provider_rejected', 'absent', { httpStatus: 422 }),
  },
  {
    title: 'a request whose credentials are refused is tried again slowly',
    request: forVectara(),
    given: ({ vectara }) => vectara.inject('create', answer(401), Number.POSITIVE_INFINITY),
    first: handedBackFor(90),
    last: exhausted('provider_unauthorized', 'absent'),
  },
  {
    title: 'a request that alone is forbidden is tried again slowly',
    request: forFireworks(),
    given: ({ fireworks }) => fireworks.inject('create', answer(403)),
    first: handedBackFor(90),
    last: exhausted('provider_unauthorized', 'absent'),
  },
  {
    title: 'a request for an account or an address that there is not is tried again slowly',
    request: forFireworks(),
    given: ({ fireworks }) => fireworks.inject('create', answer(404, {}, '404 page not found')),
    first: handedBackFor(90),
    last: exhausted('provider_not_found', 'absent'),
  },
  {
    title: 'a request beyond a plan limit is tried again slowly',
    request: forVectara(),
    given: ({ vectara }) => vectara.inject('create', answer(412)),
    first: handedBackFor(90),
    last: exhausted('provider_capacity', 'absent'),
  },
  {
    title: 'a throttled request is tried again no sooner than Retry-After',
    request: forFireworks(),
    given: ({ fireworks }) => fireworks.inject('create', answer(429, { 'retry-after': '100' })),
    first: handedBackFor(100),
    last: exhausted('provider_throttled', 'absent'),
  },
  {
    title: 'a request that meets a server error is tried again',
    request: forFireworks(),
    given: ({ fireworks }) => fireworks.inject('create', answer(500)),
    first: handedBackFor(23),
    last: exhausted('provider_unavailable', 'absent'),
  },
  {
    title: 'a request whose user is being deleted is tried again soon',
    request: forFireworks(),
    given: ({ fireworks }) => {
      fireworks.addUser({ ...adaAtFireworks, state: 'DELETING' });
    },
    first: handedBackFor(10),
    last: exhausted('provider_pending', 'present'),
  },
  {
    title: 'a request that gets an answer without sense is tried again',
    request: forFireworks(),
    given: ({ fireworks }) => fireworks.inject('create', answer(200, {}, '<html>')),
    first: handedBackFor(23),
    last: exhausted('provider_invalid_response', 'absent'),
  },
  {
    title: 'a request that is answered with another user is tried again',
    request: forFireworks(),
    given: ({ fireworks }) =>
      fireworks.inject('create', answer(200, {}, '{"name":"accounts/acme/users/grace","state":"READY"}')),
    first: handedBackFor(23),
    last: exhausted('provider_invalid_response', 'absent'),
  },
  {
    title: 'a request that comes back from the dead letters finds the user whom an earlier life has made',
    request: deadLetterOf({ request: forFireworks(), remote: 'unknown', redrives: 0 }),
    given: ({ fireworks }) => {
      fireworks.addUser(adaAtFireworks);
      fireworks.inject('create', answer(500));
    },
    first: completed({ provider: 'fireworks', result: 'existing' }),
  },
  {
    title: 'a request whose secret does not exist is tried again slowly',
    request: requestEvent('signup-1', { provider: 'fireworks', connection: 'nowhere', user: ada }),
    first: handedBackFor(90),
    last: exhausted('secret_unavailable', 'unknown'),
  },
  {
    title: 'a request whose secret has the wrong shape is tried again slowly',
    request: forFireworks(),
    given: ({ secretsManager }) => secretsManager.set('usher/fireworks/default', '{"apiKey":"canary"'),
    first: handedBackFor(90),
    last: exhausted('secret_invalid', 'unknown'),
  },
  {
    title: 'a request for which there is no time is tried again without delay',
    request: forFireworks(),
    delivery: { remainingMs: 100 },
    first: handedBackFor(0),
    last: exhausted('out_of_time', 'unknown'),
  },
  {
    title: 'a request whose completion cannot be sent is tried again',
    request: forFireworks(),
    delivery: { awsFault: refuseCompletions },
    first: handedBackFor(23),
    last: exhausted('outcome_unpublished', 'present'),
  },
  {
    title: 'a request whose dead letter cannot be sent is tried again, on the last receive too',
    request: 'hello',
    delivery: { awsFault: refuse('AmazonSQS.SendMessageBatch') },
    first: handedBackFor(23),
    last: handedBackFor(90),
  },
  {
    title: 'a request whose delay SQS refuses goes back all the same',
    request: requestEvent('signup-1', { provider: 'fireworks', connection: 'nowhere', user: ada }),
    delivery: { awsFault: refuse('AmazonSQS.ChangeMessageVisibilityBatch') },
    first: handedBackFor(90),
    last: exhausted('secret_unavailable', 'unknown'),
  },
];

describe.each([
  ['On its first receive', 1, (story: Story) => story.first],
  ['On its last receive', 3, (story: Story) => story.last ?? story.first],
] as const)('%s', (_, receives, expectedOf) => {
  it.each(stories)('$title', async (story) => {
    const world = await openWorld();
    story.given?.(world);
    const told = await world.deliver([story.request], { receives, ...story.delivery });
    expect(told).toEqual([expectedOf(story)]);
  });
});

describe('A batch', () => {
  it('settles every record on its own', async () => {
    const world = await openWorld();
    world.vectara.inject('create', answer(503, { 'retry-after': '60' }), Number.POSITIVE_INFINITY);
    const told = await world.deliver([
      forFireworks(ada, 'good-1'),
      '{}',
      forVectara(ada, 'unlucky'),
      forFireworks({ email: 'grace@example.com' }, 'good-2'),
    ]);
    expect(told).toEqual([
      completed({ result: 'created' }),
      deadLettered('invalid_event', 'absent'),
      handedBackFor(60),
      completed({ result: 'created' }),
    ]);
  });

  it('does not let a provider that hangs hold up the other', async () => {
    const world = await openWorld();
    world.vectara.inject('create', { applied: false, reply: 'hang' });
    const targets: string[] = [];
    const awsFault = (target: string) => {
      targets.push(target);
      return undefined;
    };
    const delivered = world.deliver([forVectara(ada, 'stuck'), forFireworks(ada, 'quick')], {
      remainingMs: 3_000,
      awsFault,
    });
    await vi.waitUntil(() => targets.includes('AmazonSQS.SendMessageBatch'));
    expect(targets).not.toContain('AmazonSQS.ChangeMessageVisibilityBatch');
    expect(await delivered).toEqual([handedBackFor(0), completed({ result: 'created' })]);
  });

  it('hands back the one record whose outcome SQS did not take', async () => {
    const world = await openWorld();
    const awsFault = (target: string): Fault | undefined =>
      target === 'AmazonSQS.SendMessageBatch' ? { kind: 'fail-entries', ids: ['1'] } : undefined;
    const requests = ['a', 'b', 'c'].map((id) => forFireworks({ email: `${id}@example.com` }, id));
    const told = await world.deliver(requests, { awsFault });
    expect(told.map(({ handedBack }) => handedBack).sort()).toEqual([false, false, true]);
    for (const { type, handedBack } of told) expect(handedBack).toBe(type === undefined);
  });

  it('makes one user of the same request twice, and one outcome id', async () => {
    const world = await openWorld();
    const told = await world.deliver([forVectara(), forVectara()]);
    expect(told.map(({ handedBack }) => handedBack)).toEqual([false, false]);
    expect(new Set(told.map(({ id }) => id)).size).toBe(1);
    expect(world.vectara.users()).toHaveLength(1);
  });

  it('of ten dead letters costs one send', async () => {
    const world = await openWorld();
    const targets: string[] = [];
    const awsFault = (target: string) => void targets.push(target);
    const told = await world.deliver(
      Array.from({ length: 10 }, (_, index) => `no event ${index}`),
      { awsFault },
    );
    expect(told).toEqual(told.map(() => deadLettered('invalid_event', 'absent')));
    expect(targets).toEqual(['AmazonSQS.SendMessageBatch']);
  });

  it('with one request that is forbidden is done but for that one', async () => {
    const world = await openWorld();
    const when = ({ body }: { body: string }) => body.includes('<script>');
    world.fireworks.inject('create', { ...answer(403), when }, Number.POSITIVE_INFINITY);
    const poison = forFireworks({ ...ada, displayName: '<script>' }, 'poison');
    const others = ['a', 'b', 'c'].map((id) => forFireworks({ email: `${id}@example.com` }, id));
    const created = completed({ result: 'created' });
    expect(await world.deliver([poison, ...others])).toEqual([handedBackFor(90), created, created, created]);
    expect(world.logs.join()).not.toContain('connection paused');
  });

  it('that is empty is answered with an empty list', async () => {
    expect(await (await openWorld()).deliver([])).toEqual([]);
  });
});

describe('A paused connection', () => {
  const refusal = {
    status: 401,
    headers: {},
    body: JSON.stringify({ message: 'not for lovelace@example.com', request_id: 'r-lovelace' }),
  };
  const pauseIt = async (world: StoryWorld) => {
    world.fireworks.inject('create', { applied: false, reply: refusal });
    await world.deliver([forFireworks(ada, 'ada')]);
  };
  const grace = { email: 'grace@example.com' };

  it('hands requests back until its next probe, without a call', async () => {
    const world = await openWorld();
    await pauseIt(world);
    const calls = world.fireworks.calls.length;
    expect(await world.deliver([forFireworks(grace)])).toEqual([handedBackFor(66)]);
    expect(world.fireworks.calls).toHaveLength(calls);
  });

  it('ends a request on its last receive with the code of what paused it, and nothing else of that', async () => {
    const world = await openWorld();
    await pauseIt(world);
    const told = await world.deliver([forFireworks(grace)], { receives: 3 });
    expect(told).toEqual([exhausted('provider_unauthorized', 'unknown')]);
    expect(JSON.stringify(told)).not.toMatch(/lovelace|httpStatus/);
  });

  it('ends a request whose time is over at once', async () => {
    const world = await openWorld();
    await pauseIt(world);
    const told = await world.deliver([{ ...forFireworks(grace), expirytime: '2020-01-01T00:00:00Z' }]);
    expect(told).toEqual([deadLettered('request_expired', 'absent')]);
  });

  it('does not touch another one', async () => {
    const world = await openWorld();
    await pauseIt(world);
    expect(await world.deliver([forVectara(grace)])).toEqual([completed({ result: 'created' })]);
  });
});

describe('A request that expires', () => {
  it('while its secret is being read makes no user', async () => {
    const world = await openWorld();
    const expirytime = new Date(Date.now() + 300).toISOString();
    const slow = async (target: string) => {
      if (target === 'secretsmanager.GetSecretValue')
        await vi.waitUntil(() => Date.now() > Date.parse(expirytime));
      return undefined;
    };
    const told = await world.deliver([{ ...forFireworks(), expirytime }], { awsFault: slow });
    expect(told).toEqual([deadLettered('request_expired', 'absent')]);
    expect(world.fireworks.users()).toEqual([]);
  });
});

describe('A defect of Usher', () => {
  const defect = new TypeError('canary: the request was {"email":"ada@example.com"}');

  it('leads to another delivery, and on the last receive to a dead letter', async () => {
    const world = await openWorld({ defect });
    expect(await world.deliver([forFireworks()])).toEqual([handedBackFor(23)]);
    expect(await world.deliver([forFireworks()], { receives: 3 })).toEqual([
      exhausted('unexpected', 'unknown'),
    ]);
  });

  it('is logged by its place, without what was being processed', async () => {
    const world = await openWorld({ defect });
    await world.deliver([forFireworks()]);
    const line = JSON.parse(world.logs[0] ?? '');
    expect(line).toMatchObject({ level: 'ERROR', code: 'unexpected', error: 'TypeError' });
    expect(line.stack[0]).toContain('story.test.ts');
    expect(world.logs.join()).not.toContain('canary');
  });
});

describe('Refusals before the provider is called', () => {
  it('need no call', async () => {
    const world = await openWorld();
    await world.deliver([
      'hello',
      forVectara({ ...ada, api_roles: ['owner'] }),
      { ...forFireworks(), expirytime: '2020-01-01T00:00:00Z' },
    ]);
    expect([...world.fireworks.calls, ...world.vectara.calls]).toEqual([]);
  });
});
