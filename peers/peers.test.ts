import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { shapes } from '../cli/usher/shapes.ts';
import type { JsonObject } from '../lib/json.ts';
import { scim } from '../lib/providers/scim.ts';
import { startStack } from '../local/stack.ts';
import { creation } from '../test/conformance/creation.ts';
import { subjectOf } from '../test/conformance/fixtures.ts';
import { having, requestFor, type Subject } from '../test/conformance/subject.ts';
import { requestEvent } from '../test/local-usher.ts';
import { environmentFor, runUsher } from '../test/usher-command.ts';
import { openWorld, type World } from '../test/world.ts';
import { startBetterAuth } from './better-auth.ts';
import type { Peer } from './peer.ts';
import { startSamlJackson } from './saml-jackson.ts';
import { sandboxOf } from './sandbox.ts';

const standard = subjectOf(scim);
const user = (values: JsonObject): JsonObject => having(standard, standard.user, values);
/** The filter of saml-jackson knows e-mails alone, which is what it calls its users by. */
const named = { userName: 'ada@example.com' };

/** Delivers requests for these users, one after another, to a container of Usher in front of a fresh peer. */
async function deliverAll<Started extends Peer>(
  start: () => Promise<Started>,
  users: readonly JsonObject[],
  before: (peer: Started, index: number, world: World) => unknown = () => {},
) {
  const peer = await start();
  await using world = openWorld(scim, sandboxOf(peer));
  const container = world.startContainer();
  const told: object[] = [];
  for (const [index, one] of users.entries()) {
    await before(peer, index, world);
    told.push(await container.deliver(requestFor(standard, { id: `signup-${index}`, user: one })));
  }
  return { told, calls: world.takeOperations(), users: world.sandbox.users() };
}

const PEERS: readonly (readonly [string, () => Promise<Peer>, JsonObject])[] = [
  ['better-auth', startBetterAuth, {}],
  ['saml-jackson', startSamlJackson, named],
];

describe.each(PEERS)('The SCIM server of %s', (_, start, own) => {
  const ada = user(own);
  const subject: Subject = { ...standard, user: ada, startSandbox: async () => sandboxOf(await start()) };
  describe('when it creates', () => creation(subject));

  test('gets no second user where the answer to a create is lost', async () => {
    const { told, users } = await deliverAll(start, [ada, ada], (peer, index) => {
      if (index === 0) peer.loseAnswers('POST', 1);
    });
    expect(told).toMatchObject([{ result: 'existing' }, { result: 'existing' }]);
    expect(users).toHaveLength(1);
  });

  test('has its user adopted whom another request asks for', async () => {
    const { told, users } = await deliverAll(start, [ada, user({ ...own, displayName: 'Countess' })]);
    expect(told).toMatchObject([{ result: 'created' }, { result: 'existing', differences: ['displayName'] }]);
    expect(users).toHaveLength(1);
  });

  test.each([
    ['roles', ['member']],
    ['active', false],
    ['email', 'grace@example.com'],
  ])('keeps a user who differs in %s as it is, which is a conflict', async (field, value) => {
    const { told, users } = await deliverAll(start, [ada, user({ ...own, [field]: value })]);
    expect(told[1]).toMatchObject({ code: 'user_conflict', remote: 'present', differences: [field] });
    expect(users).toHaveLength(1);
  });

  test('refuses a wrong token as one', async () => {
    const { told } = await deliverAll(start, [ada], (peer, _, { aws }) => {
      aws.secrets.set('usher/scim/default', JSON.stringify({ baseUrl: peer.baseUrl, token: 'wrong' }));
    });
    expect(told).toMatchObject([{ code: 'provider_unauthorized', delaySeconds: 60 }]);
  });
});

describe('better-auth', () => {
  test('finds its user however the userName is written', async () => {
    const { told, calls, users } = await deliverAll(startBetterAuth, [
      standard.user,
      user({ userName: 'ADA' }),
    ]);
    expect(told).toMatchObject([{ result: 'created' }, { result: 'existing' }]);
    expect(calls).toEqual(['get', 'create', 'get']);
    expect(users).toHaveLength(1);
  });

  test('is told to be asked to make a user by usher preview, and has made it after usher send --wait', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'usher-peers-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await using peer = await startBetterAuth();
    await using stack = await startStack({
      onLog: () => {},
      secrets: { 'usher/scim/default': JSON.stringify({ baseUrl: peer.baseUrl, token: peer.token }) },
    });
    const file = join(folder, 'requests.jsonl');
    const { roles: _, entitlements: __, ...without } = standard.user;
    const request = requestEvent('signup-1', { provider: 'scim', user: without });
    await writeFile(file, `${JSON.stringify(request)}\n`);
    const env = environmentFor(stack.endpoint, join(folder, 'audit.jsonl'));
    const run = async (...args: readonly string[]) => {
      const { stdout, stderr } = await runUsher([...args, '--json'], { env });
      expect(stdout, stderr).not.toBe('');
      return JSON.parse(stdout);
    };

    const before = shapes.preview.parse(await run('preview', file));
    expect(before.requests).toMatchObject([{ verdict: 'create', remote: 'absent' }]);
    expect(peer.calls.filter(({ method }) => method !== 'GET')).toEqual([]);

    const sent = shapes.send.parse(await run('send', file, '--wait', '--confirm'));
    expect(sent.requests).toMatchObject([{ whereabouts: 'completed' }]);
    const after = shapes.preview.parse(await run('preview', file));
    expect(after.requests).toMatchObject([{ verdict: 'adopt', remote: 'present' }]);
    expect(peer.calls.filter(({ status }) => status === 201)).toHaveLength(1);
  });
});

describe('saml-jackson', () => {
  test('compares its filter with e-mails, so that the list shows whom the filter hides', async () => {
    const { told, calls } = await deliverAll(startSamlJackson, [standard.user, standard.user]);
    expect(told).toMatchObject([{ result: 'created' }, { result: 'existing' }]);
    expect(calls).toEqual(['get', 'create', 'get', 'create', 'get', 'list']);
  });

  test('lets no two users have one e-mail, and the second is told of a conflict', async () => {
    const { told, users } = await deliverAll(startSamlJackson, [
      standard.user,
      user({ userName: 'countess' }),
    ]);
    expect(told[1]).toMatchObject({ code: 'user_conflict', remote: 'absent', differences: ['userName'] });
    expect(users).toHaveLength(1);
  });

  test('lets userNames differ in case alone: whoever has another e-mail is another user to it', async () => {
    const other = user({ userName: 'ADA', email: 'countess@example.com' });
    const { told, users } = await deliverAll(startSamlJackson, [standard.user, other]);
    expect(told).toMatchObject([{ result: 'created' }, { result: 'created' }]);
    expect(users).toHaveLength(2);
  });

  test('is not understood once its directory is inactive, and nothing is said to be made', async () => {
    const { told } = await deliverAll(startSamlJackson, [standard.user], (peer) => peer.deactivate());
    expect(told).toMatchObject([{ result: 'handed back', code: 'provider_invalid_response' }]);
  });
});
