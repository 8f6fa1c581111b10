import { expect, onTestFinished, test } from 'vitest';
import { MAX_ANSWER_BYTES } from '../../lib/calls/body.ts';
import { isObject, type JsonObject } from '../../lib/json.ts';
import { type Answer, json, type Operation } from '../../local/sandboxes/calls.ts';
import { inWorld, tries } from './case.ts';
import { all, fails, type Given, worksBut } from './faults.ts';
import { requestFor, rewritten, type Subject, storedUser } from './subject.ts';

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
const NOT_SHOWN = { remote: 'unknown', delaySeconds: 15, users: 1 } as const;

/** A page with one more user, of whom nothing can be understood. */
function withStranger(page: Answer): Answer {
  return rewritten(page, (object) =>
    Object.fromEntries(
      Object.entries(object).map(([name, value]) => [name, Array.isArray(value) ? [...value, {}] : value]),
    ),
  );
}

/** The provider answers, and not as it should. */
export function answers(subject: Subject): void {
  const { idMember } = subject;
  const has: Given = ({ sandbox }) => void sandbox.addUser(storedUser(subject));
  const hasInvisible: Given = ({ sandbox }) => void sandbox.addUser(storedUser(subject), { visible: false });

  for (const [kind, reply] of Object.entries(MEANINGLESS)) {
    tries(subject, {
      [`A user is found whose create was answered with ${kind}`]: {
        given: worksBut('create', reply),
        ends: MADE,
      },
      [`A create that is answered with ${kind} and did nothing is tried again later`]: {
        given: fails('create', reply),
        ends: {
          code: 'provider_invalid_response',
          remote: 'absent',
          delaySeconds: 15,
          calls: ['create', 'get', 'list'],
          users: 0,
        },
      },
      [`A conflict whose look-up is answered with ${kind} is tried again later`]: {
        given: all(has, fails('get', reply)),
        ends: { code: 'provider_invalid_response', ...NOT_SHOWN, calls: ['create', 'get'] },
      },
    });
  }
  // An empty object may be an empty page.
  const { 'an empty object': _, ...noPages } = MEANINGLESS;
  for (const [kind, reply] of Object.entries(noPages)) {
    tries(subject, {
      [`A conflict whose list of users is answered with ${kind} is tried again later`]: {
        given: all(hasInvisible, fails('list', reply)),
        ends: { code: 'provider_invalid_response', ...NOT_SHOWN, calls: ['create', 'get', 'list'] },
      },
    });
  }
  for (const breakage of ['hang', 'drip', 'truncate'] as const) {
    tries(subject, {
      [`A conflict whose look-up ends in a ${breakage} is tried again later`]: {
        given: all(has, fails('get', breakage)),
        impatient: true,
        ends: { code: 'provider_unavailable', ...NOT_SHOWN, calls: ['create', 'get'] },
      },
    });
  }

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
    'A create that failed is in doubt while the list shows a user who cannot be understood': {
      given: all(fails('create', html(500)), worksBut('list', withStranger)),
      ends: {
        code: 'provider_unavailable',
        remote: 'unknown',
        calls: ['create', 'get', 'list'],
        users: 0,
        delaySeconds: 15,
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
      given: changes('create', having(subject.unheardOf)),
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
    },
    'A user who is there is adopted although the answer has values that nobody knows': {
      given: all(has, changes('get', having(subject.unheardOf))),
      ends: MADE,
    },
  });

  test.each([301, 302, 303, 307, 308])('A redirect by %i is not followed', async (status) => {
    const elsewhere = await subject.startSandbox();
    onTestFinished(() => elsewhere.close());
    await inWorld(subject, async (world) => {
      const location = `${elsewhere.url}/anywhere`;
      for (const operation of ['create', 'get', 'list'] as const) {
        fails(operation, { status, body: '', headers: { location } })(world);
      }
      const told = await world.startContainer({ maxReceives: 1 }).deliver(requestFor(subject));
      expect(told).toMatchObject({
        code: 'provider_invalid_response',
        httpStatus: status,
        remote: 'unknown',
      });
      expect(elsewhere.calls).toEqual([]);
    });
  });
}

/** The provider does its work and answers with other objects than it should. */
function changes(operation: Operation, change: (object: JsonObject) => JsonObject): Given {
  return worksBut(operation, (answer) => rewritten(answer, change));
}

const surprising = (object: JsonObject): JsonObject => ({ ...object, surprise: { deep: [1] } });

const having =
  (values: JsonObject) =>
  (object: JsonObject): JsonObject => ({
    ...object,
    ...Object.fromEntries(Object.entries(values).filter(([name]) => name in object)),
  });

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
