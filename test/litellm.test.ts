import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../lib/json.ts';
import { litellm } from '../lib/providers/litellm.ts';
import { json } from '../local/sandboxes/calls.ts';
import { type LitellmOptions, startLitellm } from '../local/sandboxes/litellm.ts';
import { inWorld } from './conformance/case.ts';
import { fails, type Given } from './conformance/faults.ts';
import { subjectOf } from './conformance/fixtures.ts';
import { requestFor, type Subject, storedUser } from './conformance/subject.ts';

const standard = subjectOf(litellm);

function deliver(options: LitellmOptions, given: Given = () => {}, user: JsonObject = { ...standard.user }) {
  const subject: Subject = { ...standard, startSandbox: (more) => startLitellm({ ...more, ...options }) };
  return inWorld(subject, async (world) => {
    given(world);
    const told = await world.startContainer().deliver(requestFor(subject, { user }));
    return {
      ...told,
      calls: world.takeOperations(),
      sent: world.sandbox.calls,
      users: world.sandbox.users(),
    };
  });
}

const has =
  (values: JsonObject = {}): Given =>
  ({ sandbox }) =>
    void sandbox.addUser({ ...storedUser(standard), ...values });

describe('A LiteLLM proxy', () => {
  test('is asked to make no key, and to look for one id as it is and not as a part of others', async () => {
    const told = await deliver({}, has({ user_id: 'ada-2', user_email: 'ada2@example.com' }));
    expect(told).toMatchObject({ result: 'created', calls: ['get', 'create'] });
    const [look, create] = told.sent;
    expect(look?.path).toBe('/user/list?page_size=100&user_ids=ada%2Cada');
    expect(JSON.parse(String(create?.body))).toMatchObject({ user_id: 'ada', auto_create_key: false });
  });

  test('gets a user_id that is derived from the e-mail where none is stated, however that is written', async () => {
    const ids = await Promise.all(
      ['Ada.Lovelace@example.com', 'ada.lovelace@EXAMPLE.com'].map(async (user_email) => {
        const { users } = await deliver({}, undefined, { user_email });
        return users[0]?.user_id;
      }),
    );
    expect(ids[0]).toMatch(/^ada-lovelace-[0-9a-f]{16}$/);
    expect(ids[1]).toBe(ids[0]);
  });

  test('of a version that answers a taken id like a new one keeps its user, who is adopted', async () => {
    const told = await deliver({ isOld: true }, has({ user_alias: 'Countess' }));
    expect(told).toMatchObject({ result: 'existing', differences: ['user_alias'], calls: ['get'] });
  });

  test.each([
    [true, 400],
    [false, 409],
  ])('that refuses a taken e-mail (old: %j, %d) leads to whoever holds it', async (isOld, httpStatus) => {
    const told = await deliver({ isOld }, has({ user_id: 'countess', user_email: 'ADA@example.com' }));
    const conflict = { code: 'user_conflict', remote: 'absent', differences: ['user_id'], httpStatus };
    expect(told).toMatchObject({ ...conflict, calls: ['get', 'create', 'get', 'list'] });
  });

  test('whose licence has no room for another user is full, which is none of the credentials', async () => {
    const detail = 'License is over limit. Please contact support@berri.ai to upgrade your license.';
    const told = await deliver({}, fails('create', json(403, { error: { message: detail, code: '403' } })));
    expect(told).toMatchObject({ code: 'provider_capacity', delaySeconds: 60 });
  });

  test('that lets no such key make administrators refuses the request, not the credentials', async () => {
    const message = 'Only proxy admins can create administrative users (proxy_admin, proxy_admin_viewer).';
    const told = await deliver({}, fails('create', json(403, { error: { message, code: '403' } })));
    expect(told).toMatchObject({ code: 'provider_rejected', httpStatus: 403 });
  });

  test.each([
    ['a proxy error', { error: { message: 'No.', type: 'x', param: 'None', code: '400' } }],
    ['a detail', { detail: { error: 'No.' } }],
    ['a detail in text', { detail: 'No.' }],
  ])('is understood when it refuses with %s', async (_, body) => {
    const told = await deliver({}, fails('create', json(400, body)));
    expect(told).toMatchObject({ code: 'provider_rejected', message: 'litellm answered 400: No.' });
  });
});
