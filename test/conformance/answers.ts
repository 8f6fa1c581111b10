import { expect, onTestFinished, test } from 'vitest';
import { MAX_ANSWER_BYTES } from '../../lib/calls/body.ts';
import { isObject, type JsonObject } from '../../lib/json.ts';
import type { Fields } from '../../lib/providers/provider.ts';
import { type Answer, json, type Operation } from '../../local/sandboxes/calls.ts';
import { withBom } from '../../local/sandboxes/intermediaries.ts';
import { inWorld, tries } from './case.ts';
import { all, fails, type Given, worksBut } from './faults.ts';
import {
  comparedFields,
  having,
  looksByPath,
  otherUser,
  refusal,
  requestFor,
  rewritten,
  type Subject,
  secondLook,
  storedUser,
  vainSearch,
} from './subject.ts';

const html = (status: number): Answer => ({
  status,
  body: '<!doctype html><html><body>Something is being mended.</body></html>',
  headers: { 'content-type': 'text/html' },
});

const MEANINGLESS: Readonly<Record<string, Answer>> = {
  HTML: html(200),
  'an empty body': { status: 200, body: '' },
  'no content': { status: 204, body: '' },
  null: json(200, null),
  'a list': json(200, [1]),
  'an empty object': json(200, {}),
  'a text': json(200, 'done'),
  'broken JSON': { status: 200, body: '{"id":"1",' },
  'more than the limit': { status: 200, body: `${' '.repeat(MAX_ANSWER_BYTES)}{}` },
};

const MADE = { result: 'existing', calls: ['create', 'get'], users: 1 } as const;
const CREATED = { result: 'created', calls: ['create'], users: 1 } as const;
const SEEN = { result: 'existing', calls: ['get'], users: 1 } as const;
const NOT_UNDERSTOOD = { code: 'provider_invalid_response', delaySeconds: 15 } as const;

/** The provider answers, and not as it should. */
export function answers(subject: Subject): void {
  const { idMember, provider } = subject;
  const has: Given = ({ sandbox }) => void sandbox.addUser(storedUser(subject));
  const hasInvisible: Given = ({ sandbox }) => void sandbox.addUser(storedUser(subject), { visible: false });

  const meaningless = [
    ...Object.entries(MEANINGLESS),
    ...subject.nobody.map((body) => [JSON.stringify(body), json(200, body)] as const),
  ];
  for (const [kind, reply] of meaningless) {
    tries(subject, {
      [`A user is found whose create was answered with ${kind}`]: {
        given: worksBut('create', reply),
        ends: MADE,
      },
      [`A create that is answered with ${kind} and did nothing is tried again later`]: {
        given: fails('create', reply),
        ends: {
          ...NOT_UNDERSTOOD,
          remote: 'absent',
          calls: ['create', 'get', ...secondLook(subject)],
          users: 0,
        },
      },
      [`A conflict whose look-up is answered with ${kind} is tried again later`]: {
        given: all(has, fails('get', reply, 9)),
        ends: { ...NOT_UNDERSTOOD, remote: 'unknown', calls: ['create', 'get'], users: 1 },
        later: { calls: ['get'] },
      },
    });
  }
  // An empty object may be an empty page.
  const { 'an empty object': _, ...noPages } = MEANINGLESS;
  for (const [kind, reply] of Object.entries(noPages)) {
    tries(subject, {
      [`A conflict whose list of users is answered with ${kind} is tried again later`]: {
        given: all(hasInvisible, fails('list', reply)),
        ends: { ...NOT_UNDERSTOOD, remote: 'unknown', calls: ['create', 'get', 'list'], users: 1 },
      },
    });
  }
  for (const breakage of ['hang', 'drip', 'truncate'] as const) {
    tries(subject, {
      [`A conflict whose look-up ends in a ${breakage} is tried again later`]: {
        given: all(has, fails('get', breakage, 9)),
        ...(breakage !== 'truncate' && { hanging: 'get' }),
        ends: {
          code: 'provider_unavailable',
          remote: 'unknown',
          delaySeconds: 15,
          calls: ['create', 'get'],
          users: 1,
        },
        later: { calls: ['get'] },
      },
    });
  }

  const shows = (values: Fields) => showing(subject, values);
  const stranger = shows(subject.stranger);
  tries(subject, {
    'A user is found whose create was answered with another user': {
      given: changes('create', stranger),
      ends: MADE,
    },
    ...(looksByPath(subject) && {
      'A conflict whose look-up is answered with another user is tried again later': {
        given: all(has, changes('get', stranger, 9)),
        ends: { ...NOT_UNDERSTOOD, remote: 'unknown', calls: ['create', 'get'], users: 1 },
        later: { calls: ['get'] },
      },
    }),
    'A conflict after which the list shows others alone is waited for': {
      given: all(hasInvisible, ({ sandbox }) => void sandbox.addUser(otherUser(subject, 1))),
      ends: {
        code: 'provider_pending',
        remote: 'unknown',
        delaySeconds: 10,
        calls: ['create', 'get', ...vainSearch(subject)],
        users: 2,
      },
      later: { code: 'user_conflict', delaySeconds: undefined },
    },
    'A conflict after which the list shows somebody who cannot be understood is waited for': {
      given: all(hasInvisible, worksBut('list', withSomebody)),
      ends: {
        code: 'provider_pending',
        remote: 'unknown',
        delaySeconds: 10,
        calls: ['create', 'get', 'list'],
        users: 1,
      },
      later: { code: 'user_conflict', delaySeconds: undefined },
    },
  });

  const { identity, privilege, descriptive } = comparedFields(subject);
  for (const field of [...identity, ...privilege].filter((name) => name !== provider.keyField)) {
    tries(subject, {
      [`A new user whose answer shows another ${field} than was asked for is a conflict`]: {
        given: changes('create', shows({ [field]: subject.others[field] })),
        ends: { code: 'user_conflict', remote: 'present', differences: [field], calls: ['create'], users: 1 },
      },
    });
  }
  for (const field of descriptive) {
    tries(subject, {
      [`A new user whose answer shows another ${field} than was asked for is created`]: {
        given: changes('create', shows({ [field]: subject.others[field] })),
        ends: CREATED,
      },
    });
  }
  tries(subject, {
    'A new user who may do more than a request may ask for is a conflict': {
      given: changes('create', shows(subject.privileged)),
      user: subject.minimal,
      ends: {
        code: 'user_conflict',
        remote: 'present',
        differences: Object.keys(subject.privileged),
        calls: ['create'],
        users: 1,
      },
    },
    'A user is found whose answers begin with a byte order mark': {
      given: all(has, worksBut('create', withBom), worksBut('get', withBom)),
      ends: MADE,
      later: SEEN,
    },
    'A user whose answer begins with a byte order mark is created': {
      given: worksBut('create', withBom),
      ends: CREATED,
    },
    ...((looksByPath(subject) || secondLook(subject).length > 0) && {
      'A list that begins with a byte order mark is understood': {
        given: all(
          has,
          fails('get', refusal(subject, looksByPath(subject) ? 404 : 400)),
          worksBut('list', withBom),
        ),
        ends: { ...MADE, calls: ['create', 'get', 'list'] },
        looked: { result: 'existing', calls: ['get', 'list'], users: 1 },
      },
    }),
  });

  tries(subject, {
    'A user is found whose create was answered with 500 in HTML': {
      given: worksBut('create', html(500)),
      ends: MADE,
    },
    'A user is found whose create was answered with 409 in HTML': {
      given: worksBut('create', html(409)),
      ends: MADE,
    },
    'A 400 in HTML ends the request, and the HTML is not told': {
      given: fails('create', html(400)),
      ends: {
        code: 'provider_rejected',
        message: expect.not.stringContaining('<'),
        remote: 'absent',
        calls: ['create'],
        users: 0,
      },
    },
    'A user is found whose create was answered with a redirect': {
      given: worksBut('create', { status: 303, body: '', headers: { location: '/elsewhere' } }),
      ends: MADE,
    },
    'A user is found whose create was answered without an id': {
      given: changes('create', without(idMember)),
      ends: MADE,
    },
    'A user is found whose create was answered with the user, and 500': {
      given: worksBut('create', (answer) => ({ ...answer, status: 500 })),
      ends: MADE,
    },
    'A new user whose answer has members that nobody knows is created': {
      given: changes('create', surprising),
      ends: CREATED,
    },
    'A new user whose answer has values that nobody knows is created': {
      given: changes('create', shows(subject.unheardOf)),
      ends: CREATED,
    },
    'A new user whose answer is empty but for the id is created': {
      given: changes(
        'create',
        allBut(idMember, () => ''),
      ),
      ends: CREATED,
    },
    'A new user whose answer is null but for the id is created': {
      given: changes(
        'create',
        allBut(idMember, () => null),
      ),
      ends: CREATED,
    },
    'A new user whose answer has wrong types but for the id is created': {
      given: changes(
        'create',
        allBut(idMember, (value) => (typeof value === 'string' ? 42 : 'what')),
      ),
      ends: CREATED,
    },
    'A user who is there is adopted although the answer has members that nobody knows': {
      given: all(has, changes('get', surprising)),
      ends: MADE,
      later: SEEN,
    },
    'A user who is there is adopted although the answer has values that nobody knows': {
      given: all(has, changes('get', shows(subject.unheardOf))),
      ends: MADE,
      later: SEEN,
    },
  });

  test.each([301, 302, 303, 307, 308])('A redirect by %i is not followed', async (status) => {
    const elsewhere = await subject.startSandbox();
    onTestFinished(() => elsewhere.close());
    await inWorld(subject, async (world) => {
      const location = `${elsewhere.url}/anywhere`;
      for (const operation of ['create', 'get'] as const) {
        fails(operation, { status, body: '', headers: { location } })(world);
      }
      const told = await world.startContainer({ maxReceives: 1 }).deliver(requestFor(subject));
      const remote = subject.provider.looksFirst ? 'absent' : 'unknown';
      expect(told).toMatchObject({ code: 'provider_invalid_response', httpStatus: status, remote });
      expect(world.takeOperations()).toEqual(subject.provider.looksFirst ? ['get'] : ['create', 'get']);
      expect(elsewhere.calls).toEqual([]);
    });
  });
}

/** The provider does its work and answers with other objects than it should. */
function changes(operation: Operation, change: (object: JsonObject) => JsonObject, times = 1): Given {
  return worksBut(operation, (answer) => rewritten(answer, change), times);
}

/** A page with one more user, of whom nothing can be understood. */
function withSomebody(page: Answer): Answer {
  return rewritten(page, (object) =>
    Object.fromEntries(
      Object.entries(object).map(([name, value]) => [name, Array.isArray(value) ? [...value, {}] : value]),
    ),
  );
}

/** An answer whose users have other values in what they show. */
const showing =
  (subject: Subject, values: Fields) =>
  (object: JsonObject): JsonObject => {
    if (!(subject.idMember in object)) return object;
    const changed = having(subject, object, values);
    return Object.fromEntries(Object.entries(changed).filter(([name]) => name in object));
  };

const surprising = (object: JsonObject): JsonObject => ({ ...object, surprise: { deep: [1] } });

const without =
  (name: string) =>
  ({ [name]: _, ...others }: JsonObject): JsonObject =>
    others;

/** Other values for all members but one and those that lead to it. */
const allBut =
  (name: string, other: (value: unknown) => unknown) =>
  (object: JsonObject): JsonObject =>
    Object.fromEntries(
      Object.entries(object).map(([member, value]) => [
        member,
        member === name || isObject(value) ? value : other(value),
      ]),
    );
