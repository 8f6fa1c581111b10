import { expect, test, vi } from 'vitest';
import { inWorld, tries } from './case.ts';
import { fails } from './faults.ts';
import { otherUser, refusal, requestFor, type Subject } from './subject.ts';

const NONE = { remote: 'absent', delaySeconds: 60, users: 0 } as const;
/** Without credentials nobody can be looked for. */
const NOT_LOOKED = { remote: 'unknown', calls: [] } as const;

/** What Usher calls the provider with. */
export function credentials(subject: Subject): void {
  const secretName = `usher/${subject.provider.name}/default`;
  const other = (index: number) => otherUser(subject, index);
  const requests = (count: number) =>
    Array.from({ length: count }, (_, index) => requestFor(subject, { id: `${index}`, user: other(index) }));

  tries(subject, {
    'Credentials that the provider has made void are tried again slowly': {
      given: ({ sandbox }) => void sandbox.rotateCredentials(),
      ends: {
        code: 'provider_unauthorized',
        httpStatus: 401,
        ...NONE,
        calls: subject.usesTokens ? [] : ['create'],
      },
      later: { remote: 'unknown', calls: subject.usesTokens ? [] : ['get'] },
    },
    'Credentials that were rotated heal within the invocation': {
      given: async ({ sandbox, aws }, container) => {
        await container.deliver(requestFor(subject, { user: other(1) }));
        aws.secrets.set(secretName, sandbox.rotateCredentials());
      },
      ends: { result: 'created', calls: ['create', 'create'], users: 2 },
      later: { result: 'created', calls: ['get', 'get', 'create'], users: 2 },
    },
    'Credentials that were rotated heal within the invocation for the look-up too': {
      given: async ({ sandbox, aws }, container) => {
        await container.deliver(requestFor(subject, { user: other(1) }));
        sandbox.inject('create', {
          applied: true,
          reply: () => {
            aws.secrets.set(secretName, sandbox.rotateCredentials());
            return refusal(subject, 500);
          },
        });
      },
      ends: { result: 'existing', calls: ['create', 'get', 'get'], users: 2 },
    },
    'A secret that is not there is waited for slowly': {
      given: ({ aws }) => void aws.secrets.clear(),
      ends: { code: 'secret_unavailable', ...NONE, calls: [] },
      later: NOT_LOOKED,
    },
  });
  for (const content of ['', 'not JSON: sesame', '\uFEFF{}', '{}', '[]', 'null', '{"apiKey":7,"sesame":1}']) {
    tries(subject, {
      [`A secret of the wrong shape (${JSON.stringify(content)}) is waited for slowly and not told`]: {
        given: ({ aws }) => void aws.secrets.set(secretName, content),
        ends: {
          code: 'secret_invalid',
          message: expect.not.stringContaining('sesame'),
          ...NONE,
          calls: [],
        },
        later: NOT_LOOKED,
      },
    });
  }

  test('Credentials that were rotated heal for ten requests at once, with one more reading of the secret', () =>
    inWorld(subject, async ({ startContainer, sandbox, aws }) => {
      const container = startContainer();
      await container.deliver(requestFor(subject));
      aws.secrets.set(secretName, sandbox.rotateCredentials());
      const before = sandbox.calls.length;
      const refused = () => sandbox.calls.length >= before + 10;
      aws.holdSecrets(vi.waitUntil(refused));
      const told = await container.deliverBatch(requests(10));
      expect(told.map(({ result }) => result)).toEqual(Array.from({ length: 10 }, () => 'created'));
      expect(aws.secretReads()).toBe(2);
    }));

  test('A secret is read again for a refusal once a minute at most', () =>
    inWorld(subject, async ({ startContainer, sandbox, aws, clock }) => {
      const container = startContainer();
      sandbox.rotateCredentials();
      await container.deliverBatch(requests(10));
      await container.deliverBatch(requests(10));
      expect(aws.secretReads()).toBe(2);
      clock.skip(60_000);
      await container.deliverBatch(requests(10));
      expect(aws.secretReads()).toBe(3);
    }));

  test('Ten requests at once read the secret once, and it is read again after some minutes', () =>
    inWorld(subject, async ({ startContainer, aws, clock }) => {
      const container = startContainer();
      await container.deliverBatch(requests(10));
      await container.deliverBatch(requests(10));
      expect(aws.secretReads()).toBe(1);
      clock.skip(6 * 60_000);
      await container.deliverBatch(requests(10));
      expect(aws.secretReads()).toBe(2);
    }));

  test('A secret of the wrong shape is read again after ten seconds, and works once it is mended', () =>
    inWorld(subject, async ({ startContainer, sandbox, aws, clock }) => {
      const container = startContainer();
      const deliver = () => container.deliver(requestFor(subject));
      aws.secrets.set(secretName, '{}');
      expect(await deliver()).toMatchObject({ code: 'secret_invalid' });
      aws.secrets.set(secretName, sandbox.secret);
      clock.skip(9_000);
      expect(await deliver()).toMatchObject({ code: 'secret_invalid' });
      expect(aws.secretReads()).toBe(1);
      clock.skip(1_000);
      expect(await deliver()).toMatchObject({ result: 'created' });
    }));

  test('A secret that is mended ends no pause before its probe', () =>
    inWorld(subject, async ({ startContainer, sandbox, aws, clock }) => {
      const container = startContainer();
      aws.secrets.set(secretName, '{}');
      await container.deliverBatch(requests(10));
      aws.secrets.set(secretName, sandbox.secret);
      clock.skip(50_000);
      expect(await container.deliver(requestFor(subject))).toMatchObject({ code: 'secret_invalid' });
      expect(aws.secretReads()).toBe(1);
      clock.skip(10_000);
      expect(await container.deliver(requestFor(subject))).toMatchObject({ result: 'created' });
    }));

  test('A secret that is taken away is no longer used once it is read again', () =>
    inWorld(subject, async ({ startContainer, aws, clock }) => {
      const container = startContainer();
      await container.deliver(requestFor(subject));
      aws.secrets.clear();
      expect(await container.deliver(requestFor(subject))).toMatchObject({ result: 'existing' });
      clock.skip(6 * 60_000);
      expect(await container.deliver(requestFor(subject))).toMatchObject({ code: 'secret_unavailable' });
    }));

  test('No secret is told that the provider repeats in its refusal', () =>
    inWorld(subject, async (world) => {
      const { sandbox, startContainer } = world;
      const container = startContainer({ maxReceives: 1 });
      await container.deliver(requestFor(subject));
      const sent = JSON.stringify(sandbox.calls);
      const told = sandbox.confidential().filter((secret) => sent.includes(secret));
      for (const status of [400, 500, 200]) {
        const headers = { 'x-request-id': told.join() };
        fails('create', refusal(subject, status, headers, `Wrong: ${told.join(' ')}`))(world);
      }
      const user = other(1);
      expect(told.length).toBeGreaterThan(0);
      expect(await container.deliver(requestFor(subject, { user }))).toMatchObject({
        code: 'provider_rejected',
        message: expect.stringContaining('***'),
      });
      await container.deliver(requestFor(subject, { user }));
      await container.deliver(requestFor(subject, { user }));
    }));
}
