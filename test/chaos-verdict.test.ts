import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { AccountUser } from '../cli/chaos/accounts.ts';
import { type Answer, readAnswer } from '../cli/chaos/answers.ts';
import type { ProviderCall } from '../cli/chaos/observations.ts';
import type { Wanted } from '../cli/chaos/people.ts';
import { type ChaosRequest, SOURCE } from '../cli/chaos/requests.ts';
import type { Remains } from '../cli/chaos/scene.ts';
import { CONTRADICTIONS, judge, TOO_MANY_CALLS } from '../cli/chaos/verdict.ts';
import type { JsonObject } from '../lib/json.ts';

const MADE_AT = Date.parse('2026-01-01T12:00:00.000Z');
const LATER = '2026-01-01T12:00:01.000Z';
const ID = '5c2a1f2e-0000-5000-8000-000000000001';
const BODY = '{"id":"chaos-1"}';
const REQUEST_IDS = new Map([[BODY, 'chaos-1']]);
const OTHER_ID = '5c2a1f2e-0000-5000-8000-000000000002';

const ada: Wanted = {
  provider: 'fireworks',
  person: 1,
  key: undefined,
  email: 'ada.u1@example.com',
  privileges: { role: 'user' },
  descriptions: { displayName: 'Ada' },
};

function request(changes: Partial<ChaosRequest> = {}): ChaosRequest {
  return {
    ...{ id: 'chaos-1', body: BODY, messages: 1, person: 1, connection: 'fireworks/default' },
    ...{ wanted: ada, refusal: undefined, ...changes },
  };
}

function user({ fields, ...changes }: Partial<AccountUser> = {}): AccountUser {
  return {
    provider: 'fireworks',
    id: 'accounts/acme/users/ada-u1-0',
    key: 'ada-u1-0',
    email: 'ada.u1@example.com',
    madeAt: MADE_AT,
    isStranger: false,
    fields: { role: 'user', displayName: 'Ada', ...fields },
    ...changes,
  };
}

function answerOf(body: string, sentAt = MADE_AT): Answer {
  return readAnswer({ body, sentAt, isProducts: false }, REQUEST_IDS);
}

/** What the product gets of dead letters. */
function copiesOf(answers: readonly Answer[]): Answer[] {
  return answers
    .filter(({ event }) => event?.type === 'user.dead_lettered.v1')
    .map(({ body, sentAt }) => readAnswer({ body, sentAt, isProducts: true }, REQUEST_IDS));
}

function outcome(
  type: string,
  data: JsonObject,
  { requestId = 'chaos-1', id = ID, time = LATER } = {},
): Answer {
  const attributes = { specversion: '1.0', source: 'urn:usher:local', datacontenttype: 'application/json' };
  const event = { ...attributes, id, type, time, correlationid: requestId, causationid: requestId, data };
  return answerOf(JSON.stringify(event), Date.parse(time));
}

function completed(changes: JsonObject = {}, { requestId = 'chaos-1', id = ID, time = LATER } = {}): Answer {
  const data = {
    request: { id: requestId, source: SOURCE },
    ...{ provider: 'fireworks', connection: 'default', result: 'created' },
    ...{ user: { id: 'accounts/acme/users/ada-u1-0' }, differences: [], attempts: 1 },
    ...changes,
  };
  return outcome('user.completed.v1', data, { requestId, id, time });
}

interface ToldDeadLetter {
  exhausted: boolean;
  remote: string;
  attempts: number;
}

function deadLetter(
  code: string,
  { exhausted = false, remote = 'unknown', attempts }: Partial<ToldDeadLetter> = {},
  { requestId = 'chaos-1', id = OTHER_ID, time = LATER } = {},
): Answer {
  const data = {
    request: { id: requestId, source: SOURCE },
    failure: { code, message: 'told by a test', exhausted },
    ...{
      remote,
      attempts: attempts ?? (exhausted ? 3 : 1),
      origin: { queueArn: 'a', messageId: 'b' },
      redrives: 0,
    },
  };
  return outcome('user.dead_lettered.v1', data, { requestId, id, time });
}

function call(
  operation: ProviderCall['operation'],
  answer: ProviderCall['answer'],
  changes = {},
): ProviderCall {
  const isOwn = answer !== 'reset';
  const about = { provider: 'fireworks', person: 1, isLaterPage: false, mayBeRepeated: false };
  const showsNobody = operation === 'get' && answer === 404;
  const isClaimed = operation === 'create' && answer === 409;
  return { ...about, operation, answer, isOwn, showsNobody, isClaimed, at: MADE_AT, ...changes };
}

/** What a run has left behind, where every call that was needed was made. */
type Run = Pick<Remains, 'requests' | 'answers' | 'users'> & Partial<Remains>;

const delivered = { requestId: 'chaos-1', receive: 1, at: MADE_AT - 1_000 };
const third = { requestId: 'chaos-1', receive: 3, at: MADE_AT - 500 };

function verdictOn(run: Run, copies = copiesOf(run.answers)) {
  const observed = { calls: [call('create', 200)], deliveries: [delivered], refusedPauses: [] };
  return judge({ maxReceives: 3, ...observed, ...run, answers: [...run.answers, ...copies] });
}

const good: Run = { requests: [request()], answers: [completed()], users: [user()] };
const conflicting = user({ fields: { role: 'contributor' }, isStranger: true });
const exhausted = { exhausted: true };
const refused = request({ wanted: undefined, refusal: 'role_not_allowed' });
const firewalled = request({ wanted: undefined, refusal: 'provider_unauthorized' });
const uncalled = { calls: [], users: [] };
const twin = request({ id: 'chaos-2' });

describe('A chaos run is kept to its promise', () => {
  test.each<[string, Run]>([
    ['a user and a completion', good],
    ['a request that SQS itself gave up', { ...good, answers: [answerOf(BODY)] }],
    ['the same completion twice', { ...good, answers: [completed(), completed()] }],
    [
      'a second request that finds the user of the first',
      {
        ...good,
        requests: [request(), twin],
        answers: [completed(), completed({ result: 'existing' }, { requestId: 'chaos-2', id: OTHER_ID })],
      },
    ],
    [
      'an exhausted dead letter beside the completion',
      {
        ...good,
        answers: [completed(), deadLetter('provider_unavailable', { ...exhausted, remote: 'present' })],
      },
    ],
    [
      'a conflict with a user who has other rights',
      { ...good, answers: [deadLetter('user_conflict', { remote: 'present' })], users: [conflicting] },
    ],
    [
      'a dead letter that knew of no user, who was made a moment later',
      {
        ...good,
        answers: [
          deadLetter(
            'provider_unavailable',
            { ...exhausted, remote: 'absent' },
            { time: '2026-01-01T11:59:59.900Z' },
          ),
        ],
        calls: [call('get', 404, { at: third.at })],
        deliveries: [delivered, third],
      },
    ],
    [
      'a dead letter that knew of no user, whom a second message made meanwhile',
      {
        ...good,
        requests: [request({ messages: 2 })],
        answers: [completed(), deadLetter('provider_throttled', { ...exhausted, remote: 'absent' })],
        calls: [call('get', 404, { at: third.at }), call('create', 200)],
        deliveries: [delivered, third],
      },
    ],
    [
      'a dead letter that knew of no user, whom a look-up did not show yet',
      {
        ...good,
        answers: [deadLetter('provider_throttled', { ...exhausted, remote: 'absent' })],
        calls: [call('create', 'reset'), call('get', 404)],
        deliveries: [delivered, { ...third, at: MADE_AT }],
      },
    ],
    [
      'an exhausted dead letter of a user who is not shown',
      { ...good, answers: [deadLetter('provider_pending', exhausted)] },
    ],
    [
      'a request that a firewall refuses until it is exhausted',
      {
        requests: [firewalled],
        answers: [deadLetter('provider_unauthorized', { ...exhausted, remote: 'absent' })],
        users: [],
        calls: [call('create', 403), call('get', 404, { at: third.at }), call('create', 403)],
        deliveries: [delivered, third],
      },
    ],
    [
      'a request that a firewall refuses, and that meets something else on its last receive',
      {
        ...{ requests: [firewalled], users: [] },
        answers: [deadLetter('provider_unavailable', exhausted)],
      },
    ],
    [
      'a connection that is paused when its credentials are refused',
      { ...good, calls: [call('create', 401), call('create', 200)], refusedPauses: ['fireworks/default'] },
    ],
    [
      'credentials that are refused to a call that names nobody',
      {
        ...good,
        calls: [call('create', 200), call('list', 401, { person: undefined })],
        refusedPauses: ['fireworks/default'],
      },
    ],
    ['four calls for a delivery', { ...good, calls: Array(4).fill(call('create', 200)) }],
    [
      'a fifth call after a connection that was cut',
      {
        ...good,
        calls: [call('create', 'reset', { mayBeRepeated: true }), ...Array(4).fill(call('create', 200))],
      },
    ],
    [
      'a search of two pages after a create that met somebody who is not shown',
      {
        ...good,
        calls: [
          ...[call('create', 200), call('create', 409), call('get', 404)],
          ...[call('list', 200), call('list', 200, { isLaterPage: true })],
        ],
      },
    ],
    [
      'an adopted user who is described otherwise',
      {
        ...good,
        answers: [completed({ result: 'existing', differences: ['displayName'] })],
        users: [user({ fields: { displayName: 'Countess' } })],
      },
    ],
    ['a refusal', { ...uncalled, requests: [refused], answers: [deadLetter('role_not_allowed')] }],
    [
      'a refusal that SQS did not wait for',
      {
        ...uncalled,
        requests: [refused],
        answers: [deadLetter('delivery_exhausted', { ...exhausted, attempts: 1 })],
      },
    ],
  ])('by %s', (_, run) => {
    expect(verdictOn(run)).toEqual([]);
  });
});

describe('A chaos run breaks its promise', () => {
  test.each<[string, Run, string, string]>([
    ['without an outcome', { ...good, answers: [] }, 'lost', '0 outcomes for 1 messages'],
    [
      'with fewer outcomes than messages',
      { ...good, requests: [request({ messages: 2 })] },
      'lost',
      '1 outcomes for 2 messages',
    ],
    [
      'with two users of one e-mail, whatever its case',
      { ...good, users: [user(), user({ id: 'b', key: 'ada-u1-1', email: 'ADA.u1@example.com' })] },
      'duplicate user',
      'accounts/acme/users/ada-u1-0 and b share the fireworks e-mail ada.u1@example.com',
    ],
    [
      'with two users of one e-mail, whatever the spelling of its domain',
      {
        ...good,
        users: [
          user({ email: 'ada.u1@bücher.example' }),
          user({ id: 'b', key: 'ada-u1-1', email: 'ada.u1@xn--bcher-kva.example', isStranger: true }),
        ],
      },
      'duplicate user',
      'accounts/acme/users/ada-u1-0 and b share the fireworks e-mail ada.u1@xn--bcher-kva.example',
    ],
    [
      'with two users of one key',
      { ...good, users: [user(), user({ id: 'b', email: 'other@example.com', isStranger: true })] },
      'duplicate user',
      'accounts/acme/users/ada-u1-0 and b share the fireworks key ada-u1-0',
    ],
    [
      'with outcomes of one type under two ids',
      { ...good, answers: [completed(), completed({}, { id: OTHER_ID })] },
      'contradictory outcome',
      `outcomes of one type under 2 ids: ${ID}, ${OTHER_ID}`,
    ],
    [
      'with a defect',
      { ...good, answers: [deadLetter('unexpected', exhausted)] },
      'contradictory outcome',
      'tells of a defect of Usher',
    ],
    [
      'with completions that name two users',
      {
        ...good,
        answers: [completed(), completed({ result: 'existing', user: { id: 'b' } })],
        users: [user(), user({ id: 'b', key: 'b-u1', email: 'b.u1@example.com', isStranger: true })],
      },
      'contradictory outcome',
      'completed with 2 users: accounts/acme/users/ada-u1-0, b',
    ],
    [
      'with a completion whose user does not exist',
      { ...good, users: [] },
      'contradictory outcome',
      'completed with accounts/acme/users/ada-u1-0, who does not exist',
    ],
    [
      'with a completion whose user has other rights',
      { ...good, answers: [completed({ result: 'existing' })], users: [conflicting] },
      'contradictory outcome',
      'completed with accounts/acme/users/ada-u1-0, who is not the user that it asks for',
    ],
    [
      'with a completion whose user has a forbidden role that the request does not speak of',
      {
        requests: [request({ wanted: { ...ada, provider: 'vectara', privileges: {} } })],
        answers: [completed({ result: 'existing' })],
        users: [user({ provider: 'vectara', isStranger: true, fields: { api_roles: ['owner'] } })],
      },
      'contradictory outcome',
      'completed with accounts/acme/users/ada-u1-0, who is not the user that it asks for',
    ],
    [
      'with differences that are not there',
      { ...good, answers: [completed({ result: 'existing', differences: ['displayName'] })] },
      'contradictory outcome',
      'existing, and tells the differences [displayName] where there are []',
    ],
    [
      'with differences that are not told',
      {
        ...good,
        answers: [completed({ result: 'existing' })],
        users: [user({ fields: { displayName: 'Countess' } })],
      },
      'contradictory outcome',
      'existing, and tells the differences [] where there are [displayName]',
    ],
    [
      'with a final dead letter beside a completion',
      {
        ...good,
        requests: [
          request(),
          request({ id: 'chaos-2', wanted: { ...ada, privileges: { role: 'contributor' } } }),
        ],
        answers: [
          completed(),
          deadLetter('provider_rejected'),
          deadLetter(
            'user_conflict',
            {},
            { requestId: 'chaos-2', id: '5c2a1f2e-0000-5000-8000-000000000003' },
          ),
        ],
      },
      'contradictory outcome',
      'completed, and dead-lettered as provider_rejected',
    ],
    [
      'with a valid request that is refused',
      { ...good, answers: [deadLetter('invalid_event')] },
      'contradictory outcome',
      'nothing is wrong with it, but it is dead-lettered as invalid_event',
    ],
    [
      'with a conflict where nobody is in the way',
      { ...good, answers: [deadLetter('user_conflict')] },
      'contradictory outcome',
      'dead-lettered as user_conflict, but nobody is in its way',
    ],
    [
      'with a user who is said to be there and is not',
      { ...good, answers: [deadLetter('provider_pending', { ...exhausted, remote: 'present' })], users: [] },
      'contradictory outcome',
      'tells remote: present, but there is no such user',
    ],
    [
      'with a user who is said not to be there and is',
      { ...good, answers: [deadLetter('provider_throttled', { ...exhausted, remote: 'absent' })] },
      'contradictory outcome',
      'tells remote: absent, but accounts/acme/users/ada-u1-0 is there, and nobody else has asked for it',
    ],
    [
      'with a user who is said not to be there and was made after the look-up that did not show it',
      {
        ...good,
        answers: [deadLetter('provider_throttled', { ...exhausted, remote: 'absent' })],
        calls: [call('get', 404, { at: third.at }), call('create', 'reset')],
        deliveries: [delivered, third],
      },
      'contradictory outcome',
      'tells remote: absent, but accounts/acme/users/ada-u1-0 is there, and nobody else has asked for it',
    ],
    [
      'with a user who is said not to be there on a later receive that did not look',
      {
        ...good,
        answers: [completed(), deadLetter('provider_throttled', { ...exhausted, remote: 'absent' })],
        calls: [call('create', 200), call('get', 404, { at: third.at - 1 })],
        deliveries: [delivered, third],
      },
      'contradictory outcome',
      'tells remote: absent on receive 3 without having looked',
    ],
    [
      'with a user who is said not to be there by a later receive whose look-up came after it',
      {
        ...good,
        answers: [completed(), deadLetter('provider_throttled', { ...exhausted, remote: 'absent' })],
        calls: [call('create', 200), call('get', 404, { at: Date.parse(LATER) + 1 })],
        deliveries: [delivered, third],
      },
      'contradictory outcome',
      'tells remote: absent on receive 3 without having looked',
    ],
    [
      'with a refusal that tells of nobody on a later receive, which cannot have looked',
      {
        ...{ ...uncalled, requests: [refused], deliveries: [delivered, third] },
        answers: [deadLetter('role_not_allowed', { remote: 'absent', attempts: 3 })],
      },
      'contradictory outcome',
      'tells remote: absent on receive 3 without having looked',
    ],
    [
      'with a request that a firewall refuses and that is given up before its last receive',
      {
        ...{ requests: [firewalled], users: [], calls: [call('create', 403)] },
        answers: [deadLetter('provider_unauthorized', { ...exhausted, attempts: 1 })],
      },
      'contradictory outcome',
      'given up as provider_unauthorized on receive 1 of 3',
    ],
    [
      'with a request that is given up before its last receive',
      { ...good, answers: [deadLetter('provider_unavailable', { ...exhausted, attempts: 2 })] },
      'contradictory outcome',
      'given up as provider_unavailable on receive 2 of 3',
    ],
    [
      'with a user who is waited for and whom nobody has made',
      { ...good, answers: [deadLetter('provider_pending', exhausted)], users: [] },
      'contradictory outcome',
      'dead-lettered as provider_pending, remote unknown, of nobody',
    ],
    [
      'with a user who is waited for and said not to be there',
      { ...good, answers: [deadLetter('provider_pending', { ...exhausted, remote: 'absent' })] },
      'contradictory outcome',
      'dead-lettered as provider_pending, remote absent, of somebody',
    ],
    [
      'with a user said to be created whom no answer to a create has shown',
      { ...good, calls: [call('create', 'reset'), call('create', 200, { isOwn: false }), call('get', 200)] },
      'contradictory outcome',
      'tells that it created its user, but no answer has shown it',
    ],
    [
      'with a request that a firewall refuses and that is refused for good',
      { requests: [firewalled], answers: [deadLetter('provider_rejected')], users: [] },
      'contradictory outcome',
      'dead-lettered as provider_rejected instead of provider_unauthorized',
    ],
    [
      'with a connection that is paused because a firewall refuses one request',
      {
        requests: [firewalled],
        answers: [deadLetter('provider_unauthorized', exhausted)],
        users: [],
        calls: [call('create', 403)],
        refusedPauses: ['fireworks/default'],
      },
      'contradictory outcome',
      'fireworks/default was paused 1 times after 0 refusals',
    ],
    [
      'with a connection that is paused after the credentials of another one were refused',
      {
        ...good,
        requests: [
          request(),
          request({
            id: 'chaos-2',
            person: 2,
            connection: 'fireworks/asia',
            wanted: undefined,
            refusal: 'provider_unauthorized',
          }),
        ],
        answers: [completed(), deadLetter('provider_unauthorized', exhausted, { requestId: 'chaos-2' })],
        calls: [call('create', 200), call('create', 401, { person: 2 })],
        deliveries: [delivered, { ...delivered, requestId: 'chaos-2' }],
        refusedPauses: ['fireworks/default'],
      },
      'contradictory outcome',
      'fireworks/default was paused 1 times after 0 refusals',
    ],
    [
      'with more calls than the deliveries may cost',
      { ...good, calls: Array(5).fill(call('create', 200)) },
      'too many calls',
      '5 calls for 1 deliveries, which may cost 4',
    ],
    [
      'with a call for a request that Usher refuses',
      { requests: [refused], answers: [deadLetter('role_not_allowed')], users: [] },
      'too many calls',
      '1 calls for 0 deliveries, which may cost 0',
    ],
    [
      'with a search although no create met anybody',
      { ...good, calls: [call('create', 200), call('get', 404), call('list', 200)] },
      'too many calls',
      '1 searches at fireworks after 0 conflicts',
    ],
    [
      'with a search for somebody whom the look-up by key shows',
      { ...good, calls: [call('create', 409), call('get', 200), call('list', 200)] },
      'too many calls',
      '1 searches at fireworks after 0 conflicts',
    ],
    [
      'with a refusal for another reason',
      { requests: [refused], answers: [deadLetter('provider_unavailable', exhausted)], users: [] },
      'contradictory outcome',
      'dead-lettered as provider_unavailable instead of role_not_allowed',
    ],
    [
      'with a refusal that is told to have made a user',
      { requests: [refused], answers: [deadLetter('role_not_allowed', { remote: 'present' })], users: [] },
      'contradictory outcome',
      'refused, but remote: present',
    ],
    [
      'with a completion of what must be refused',
      {
        requests: [refused],
        answers: [completed({ result: 'existing' })],
        users: [user({ isStranger: true })],
      },
      'contradictory outcome',
      'completed, but it must be refused',
    ],
    [
      'with two requests that both created the user',
      {
        ...good,
        requests: [request(), twin],
        answers: [completed(), completed({}, { requestId: 'chaos-2', id: OTHER_ID })],
      },
      'contradictory outcome',
      '2 outcomes tell that they created accounts/acme/users/ada-u1-0',
    ],
    [
      'with a completion that created a user who was there before',
      { ...good, users: [user({ isStranger: true })] },
      'contradictory outcome',
      '1 outcomes tell that they created accounts/acme/users/ada-u1-0',
    ],
    [
      'with a user nobody has asked for',
      { requests: [refused], answers: [deadLetter('role_not_allowed')], users: [user()] },
      'contradictory outcome',
      'accounts/acme/users/ada-u1-0 exists, but nobody has asked for it',
    ],
    [
      'with an outcome of no request',
      { ...good, answers: [completed(), deadLetter('invalid_event', {}, { requestId: 'chaos-99' })] },
      'contradictory outcome',
      expect.stringContaining('an answer to nobody: dead-lettered, invalid_event'),
    ],
    [
      'with an outcome that is no event of the contract',
      { ...good, answers: [completed(), answerOf('{"type":"user.completed.v1"}')] },
      'contradictory outcome',
      'an answer to nobody: something that is no outcome: {"type":"user.completed.v1"}',
    ],
    [
      'with one outcome id for two requests',
      {
        ...good,
        requests: [request(), twin],
        answers: [completed(), completed({ result: 'existing' }, { requestId: 'chaos-2' })],
      },
      'contradictory outcome',
      `the outcome id ${ID} stands for 2 requests`,
    ],
  ])('%s', (_, run, kind, text) => {
    expect(verdictOn(run)).toContainEqual(expect.objectContaining({ kind, text }));
  });
});

test('docs/reliability.md lists what must not be as the command does', async () => {
  const text = await readFile(new URL('../docs/reliability.md', import.meta.url), 'utf8');
  const listed = [...CONTRADICTIONS, ...TOO_MANY_CALLS];
  expect(listed.filter((never) => !text.includes(`- ${never}\n`))).toEqual([]);
});

test('A dead letter is a contradiction without its copy, and a copy without its letter, but where the request was completed', () => {
  const run: Run = { requests: [refused], answers: [deadLetter('role_not_allowed')], ...uncalled };
  const text = `the dead letter ${OTHER_ID} is in one of the two queues alone`;
  const alone = { kind: 'contradictory outcome', requests: ['chaos-1'], text };
  expect(verdictOn(run)).toEqual([]);
  expect(verdictOn(run, [])).toEqual([alone]);
  const copies = copiesOf(run.answers);
  expect(verdictOn({ ...run, answers: [] }, copies)).toContainEqual(alone);
  const completedAfterAll = { ...good, answers: [completed(), deadLetter('provider_throttled', exhausted)] };
  expect(verdictOn(completedAfterAll, [])).toEqual([]);
});
