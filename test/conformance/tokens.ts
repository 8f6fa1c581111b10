import { expect, test } from 'vitest';
import { type Call, json } from '../../local/sandboxes/calls.ts';
import type { World } from '../world.ts';
import { inWorld, tries } from './case.ts';
import { fails } from './faults.ts';
import { otherUser, refusal, requestFor, type Subject, storedUser } from './subject.ts';

const NONE = { remote: 'absent', calls: [], users: 0 } as const;
/** Without a token nobody can be looked for. */
const NOT_LOOKED = { remote: 'unknown', calls: [] } as const;
const MINUTE_MS = 60_000;

/** Tokens that credentials are exchanged for. */
export function tokens(subject: Subject): void {
  const requests = Array.from({ length: 10 }, (_, index) => requestFor(subject, { id: `signup-${index}` }));
  const tokenCalls = ({ sandbox }: World) =>
    sandbox.calls.filter(({ operation }) => operation === 'token').length;

  test('Ten requests at once fetch one token', () =>
    inWorld(subject, async (world) => {
      await world.startContainer().deliverBatch(requests);
      expect(tokenCalls(world)).toBe(1);
    }));

  test('Tokens that are refused to ten requests at once are replaced by one new one', () =>
    inWorld(subject, async (world) => {
      const container = world.startContainer();
      await container.deliver(requestFor(subject));
      const refused = world.sandbox.calls.at(-1)?.headers.authorization;
      const when = ({ headers }: Call) => headers.authorization === refused;
      const first = subject.provider.looksFirst ? 'get' : 'create';
      world.sandbox.inject(first, { applied: false, reply: refusal(subject, 401), when }, 10);
      const told = await container.deliverBatch(requests);
      expect(told.map(({ result }) => result)).toEqual(requests.map(() => 'existing'));
      expect(tokenCalls(world)).toBe(2);
    }));

  test.each([
    ['is half an hour', 1_800, 1_680],
    ['is a hundred seconds', 100, 90],
    ['is told as a text', '600', 540],
    ['is not told', undefined, 270],
    ['is nonsense', 'soon', 270],
    ['is over at once', 0, 270],
  ])('A token whose lifetime %s (%j) is used for %d seconds', (_, expires_in, seconds) =>
    inWorld(subject, async (world) => {
      world.sandbox.inject('token', {
        applied: true,
        reply: ({ body }) => json(200, { ...JSON.parse(String(body)), expires_in }),
      });
      const container = world.startContainer();
      expect(await container.deliver(requestFor(subject))).toMatchObject({ result: 'created' });
      world.clock.skip(0.9 * seconds * 1_000);
      await container.deliver(requestFor(subject));
      expect(tokenCalls(world)).toBe(1);
      world.clock.skip(0.2 * seconds * 1_000);
      await container.deliverBatch(requests);
      expect(tokenCalls(world)).toBe(2);
    }),
  );

  test('A token is replaced when the wall clock has gone back', () =>
    inWorld(subject, async (world) => {
      const container = world.startContainer();
      await container.deliver(requestFor(subject));
      world.clock.jump(-60 * MINUTE_MS);
      await container.deliver(requestFor(subject));
      expect(tokenCalls(world)).toBe(2);
    }));

  test('A redirect of the token endpoint is not followed', () =>
    inWorld(subject, async (world) => {
      fails('token', { status: 307, body: '', headers: { location: `${world.sandbox.url}/elsewhere` } })(
        world,
      );
      const told = await world.startContainer({ maxReceives: 1 }).deliver(requestFor(subject));
      expect(told).toMatchObject({ code: 'provider_invalid_response', httpStatus: 307, remote: 'absent' });
      expect(world.sandbox.calls).toHaveLength(1);
    }));

  test('What the token endpoint says is told without the client secret', () =>
    inWorld(subject, async (world) => {
      const [secret = ''] = world.sandbox.confidential().filter((one) => world.sandbox.secret.includes(one));
      const error = { error: 'invalid_client', error_description: `${secret} is wrong` };
      fails('token', json(401, error))(world);
      const told = await world.startContainer({ maxReceives: 1 }).deliver(requestFor(subject));
      expect(told).toMatchObject({
        code: 'provider_unauthorized',
        httpStatus: 401,
        providerCode: 'invalid_client',
        message: 'The token endpoint answered 401: *** is wrong',
      });
    }));

  for (const status of [400, 401, 402, 403, 404, 405, 407, 409, 410, 412, 421, 425, 499]) {
    tries(subject, {
      [`A ${status} of the token endpoint is the operator's to mend`]: {
        given: fails('token', json(status, { error: 'invalid_client' }), 9),
        ends: { code: 'provider_unauthorized', httpStatus: status, delaySeconds: 60, ...NONE },
        later: NOT_LOOKED,
      },
    });
  }
  tries(subject, {
    'A token endpoint that refuses a fresh token is told, and not taken for a look-up that shows nothing': {
      given: async (world, container) => {
        await container.deliver(requestFor(subject, { id: 'other', user: otherUser(subject, 1) }));
        world.sandbox.addUser(storedUser(subject));
        fails('get', refusal(subject, 401))(world);
        fails('token', json(403, { error: 'access_denied' }), 9)(world);
      },
      ends: {
        code: 'provider_unauthorized',
        httpStatus: 403,
        remote: 'unknown',
        delaySeconds: 60,
        calls: ['create', 'get'],
        users: 2,
      },
      later: { calls: ['get'] },
    },
  });
  for (const status of [408, 500, 501, 504, 599]) {
    tries(subject, {
      [`A ${status} of the token endpoint leaves no doubt`]: {
        given: fails('token', json(status, {}), 9),
        ends: { code: 'provider_unavailable', httpStatus: status, delaySeconds: 15, ...NONE },
        later: NOT_LOOKED,
      },
    });
  }
  tries(subject, {
    'A 429 of the token endpoint is obeyed': {
      given: fails('token', json(429, {}, { 'retry-after': '40' }), 9),
      ends: { code: 'provider_throttled', httpStatus: 429, delaySeconds: 40, ...NONE },
      later: NOT_LOOKED,
    },
    'A blip of the token endpoint is tried again at once': {
      given: fails('token', 'reset'),
      ends: { result: 'created', calls: ['create'], users: 1 },
      later: { result: 'created', calls: ['get', 'create'], users: 1 },
    },
    'A token endpoint that does not answer leaves no doubt': {
      given: fails('token', 'hang'),
      hanging: 'token',
      ends: { code: 'provider_unavailable', delaySeconds: 15, ...NONE },
      later: NOT_LOOKED,
    },
    'A token endpoint that answers in HTML leaves no doubt': {
      given: fails('token', { status: 200, body: '<html>' }),
      ends: { code: 'provider_invalid_response', delaySeconds: 15, ...NONE },
      later: NOT_LOOKED,
    },
  });
}
