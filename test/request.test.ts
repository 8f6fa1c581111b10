import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRequestReader, refuseExpired, type UserRequest } from '../lib/events/request.ts';
import { providers } from '../lib/providers/index.ts';
import { Failure } from '../lib/records/failure.ts';
import type { Issue } from '../lib/schema.ts';
import { timeOf } from '../lib/schema.ts';
import { isAllowed, refuseForbiddenRoles } from '../lib/users/allow-list.ts';
import { deliveryOf, fireworksRequest, requestOf, vectaraRequest } from './deliveries.ts';

const readRequest = createRequestReader(providers);

function read(body: unknown): UserRequest {
  return readRequest(deliveryOf(body));
}

function failureOf(action: () => unknown): Failure {
  try {
    action();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('There was no failure');
}

/** What is wrong with a body, path by path; it must be `invalid_event`. */
function issuesOf(body: unknown): readonly Issue[] {
  const failure = failureOf(() => read(body));
  expect(failure.code).toBe('invalid_event');
  return failure.told.issues ?? [];
}

function pathsOf(body: unknown): string[] {
  return issuesOf(body).map(({ path }) => path);
}

/** JSON in which a member really is named `__proto__`. */
const withProto = (event: object, place: string) =>
  JSON.stringify(event).replace(`"${place}":{`, `"${place}":{"__proto__":{"role":"admin"},`);

const ROCKET = '🚀';
const LONE = '\uD83D';

type Case = readonly [what: string, value: unknown];

describe('A request', () => {
  test('is read with its defaults filled in', () => {
    expect(read(fireworksRequest())).toMatchObject({
      id: 'r-1',
      source: 'urn:signup',
      time: undefined,
      expiresAt: undefined,
      provider: { name: 'fireworks' },
      connection: 'default',
      user: { email: 'ada@example.com', role: 'user', userId: 'ada-b5fc85e55755f9e0' },
    });
    const email = 'Ada@Example.com';
    expect(read(vectaraRequest({}, { email })).user).toEqual({ email, username: email });
  });

  test('keeps what it states', () => {
    const user = {
      email: 'Ada@Example.com',
      username: 'ada',
      description: '',
      api_roles: ['viewer', 'something new'],
      corpus_roles: [{ corpus_key: 'k', role: 'free text' }],
      agent_roles: [{ agent_key: 'a', role: '' }],
    };
    const times = { time: '2026-11-21T10:00:00Z', expirytime: '2026-11-21T12:00:00+01:00' };
    const event = requestOf({ provider: 'vectara', connection: 'eu-1', user }, times);
    expect(read(event)).toMatchObject({
      time: times.time,
      expiresAt: Date.UTC(2026, 10, 21, 11),
      connection: 'eu-1',
      user,
    });
  });

  test('may carry extension attributes that Usher does not know', () => {
    const more = {
      tenant: 5,
      dataschema: null,
      datacontenttype: 'application/json',
      toString: [],
      x: { y: 1 },
    };
    expect(read(fireworksRequest(more)).id).toBe('r-1');
  });

  test.each([['hello'], ['[]'], ['null'], ['5'], ['']])(
    'is invalid as a whole where the body is %j',
    (body) => {
      expect(pathsOf(body)).toEqual(['']);
    },
  );
});

describe('The attributes of a request', () => {
  const rules: readonly (readonly [attribute: string, wrong: readonly Case[]])[] = [
    [
      'specversion',
      [
        ['missing', undefined],
        ['null', null],
        ['a number', 1],
        ['0.3', '0.3'],
        ['1.0.2', '1.0.2'],
        ['empty', ''],
        ['ended by a line break', '1.0\n'],
      ],
    ],
    ['id', identifierFaults()],
    ['source', identifierFaults()],
    [
      'type',
      [
        ['missing', undefined],
        ['null', null],
        ['another type', 'user.requested.v2'],
        ['one of our outcomes', 'user.completed.v1'],
        ['in capitals', 'User.Requested.v1'],
        ['empty', ''],
        ['ended by a line break', 'user.requested.v1\n'],
      ],
    ],
    ['time', timeFaults()],
    ['expirytime', timeFaults()],
    ['subject', [...textFaults(), ['an e-mail', 'ada@example.com'], ['an @', '@']]],
    ['correlationid', textFaults()],
    ['causationid', textFaults()],
    ['traceparent', textFaults()],
    ['tracestate', textFaults()],
    [
      'data',
      [
        ['missing', undefined],
        ['null', null],
        ['text', '{}'],
        ['an array', []],
      ],
    ],
  ];
  const faults = rules.flatMap(([attribute, wrong]) => wrong.map((one) => [attribute, ...one] as const));

  test.each(faults)('%s is named where it is %s', (attribute, _, value) => {
    expect(pathsOf(fireworksRequest({ [attribute]: value }))).toEqual([attribute]);
  });

  test.each<Case>([
    ['one character', 'a'],
    ['255 characters', 'x'.repeat(255)],
    ['255 characters of two code units', ROCKET.repeat(255)],
  ])('id and source may be %s long', (_, text) => {
    expect(read(fireworksRequest({ id: text, source: text }))).toMatchObject({ id: text, source: text });
  });

  test('extensions for correlation and tracing may be any text, and the subject any without @', () => {
    const texts = { correlationid: 'a@b', causationid: '\u2028', traceparent: 'x', tracestate: LONE };
    expect(read(fireworksRequest({ ...texts, subject: 'user 42/ü' })).id).toBe('r-1');
  });

  test.each(['time', 'subject', 'expirytime', 'correlationid', 'causationid', 'traceparent', 'tracestate'])(
    '%s is left out by null and by an empty text as well',
    (attribute) => {
      const without = read(fireworksRequest());
      for (const nothing of [null, '', undefined]) {
        expect(read(fireworksRequest({ [attribute]: nothing }))).toEqual(without);
      }
    },
  );

  test('are all told at once, with every problem of the data', () => {
    const event = {
      source: '',
      time: 'yesterday',
      subject: 'ada@example.com',
      tracestate: 1,
      data: {
        provider: 'fireworks',
        connection: 'EU',
        extra: 1,
        user: {
          email: 'ada',
          displayName: 'x'.repeat(64),
          serviceAccount: true,
          permissionPreset: 'p',
          nickname: 'a',
          'nick.name': 'b',
        },
      },
    };
    expect(pathsOf(event).sort()).toEqual([
      'data.connection',
      'data.extra',
      'data.user.displayName',
      'data.user.email',
      'data.user.nick.name',
      'data.user.nickname',
      'data.user.permissionPreset',
      'data.user.userId',
      'id',
      'source',
      'specversion',
      'subject',
      'time',
      'tracestate',
      'type',
    ]);
  });

  test('are told with what must be there in their place', () => {
    const user = {
      email: 'ada',
      username: '..',
      description: 'x'.repeat(256),
      api_roles: 'viewer',
      nickname: 'a',
    };
    const data = { provider: 'vectara', connection: 'EU', user };
    const event = requestOf(data, {
      specversion: undefined,
      id: '',
      time: 'today',
      subject: '@',
      traceparent: 5,
    });
    expect(Object.fromEntries(issuesOf(event).map(({ path, message }) => [path, message]))).toEqual({
      specversion: 'is required',
      id: 'must have 1 to 255 characters',
      time: 'must be an RFC 3339 time, for example 2026-01-31T09:30:00Z',
      subject: 'must be an opaque id without @, as it is copied into outcomes',
      traceparent: 'must be a string',
      'data.connection': 'must be 1 to 63 characters of a-z, 0-9 and hyphen, not beginning with a hyphen',
      'data.user.email':
        'must be an e-mail address: one @ with something on both sides, no spaces, no control or invisible ' +
        'characters, no < or >',
      'data.user.username': 'must not be . or .. (it is part of a path)',
      'data.user.description': 'must have at most 255 characters',
      'data.user.api_roles': 'must be an array',
      'data.user.nickname': 'is not a known field',
    });
  });

  test('are told with what is missing beside what is there', () => {
    const told = (user: object) =>
      issuesOf(requestOf({ provider: 'fireworks', user })).map(({ path, message }) => `${path} ${message}`);
    expect(told({ permissionPreset: 'p' })).toEqual([
      'data.user.email is required unless serviceAccount is true',
      'data.user.permissionPreset is required with role "custom", and possible with no other',
    ]);
    expect(told({ serviceAccount: true })).toEqual(['data.user.userId is required with serviceAccount']);
    expect(told({ serviceAccount: true, userId: '-' })).toEqual([
      'data.user.userId must be 1 to 63 of a-z, 0-9 and hyphen, beginning with a letter, not ending in a hyphen',
    ]);
  });

  test('are told without the values that were wrong', () => {
    const canary = 'canary-@@-1234';
    const event = fireworksRequest(
      { specversion: canary, type: canary, time: canary, subject: canary },
      {
        email: canary,
        userId: canary,
        displayName: canary.repeat(9),
        serviceAccount: canary,
        role: [canary],
      },
    );
    const failure = failureOf(() => read(event));
    expect(failure.told.issues).toHaveLength(9);
    expect(JSON.stringify([failure.message, failure.told])).not.toContain(canary);
  });
});

function identifierFaults(): Case[] {
  return [
    ['missing', undefined],
    ['null', null],
    ['a number', 7],
    ['empty', ''],
    ['256 characters long', 'x'.repeat(256)],
    ['256 characters of two code units long', ROCKET.repeat(256)],
    ['half a character', LONE],
    ...controlFaults(),
  ];
}

/** Two attributes with a line break between them must not look like two others. */
function controlFaults(): Case[] {
  const characters = ['\n', '\u0000', '\t', '\u001F', '\u007F', '\u0080', '\u0085', '\u009F'];
  return characters.map((character) => [`a text with ${JSON.stringify(character)}`, `a${character}b`]);
}

function textFaults(): Case[] {
  return [...controlFaults(), ['a number', 5], ['a boolean', false], ['an object', {}], ['an array', ['x']]];
}

function timeFaults(): Case[] {
  return [
    ['a number', 1_790_000_000],
    ['a space', ' '],
    ['without seconds', '2026-11-21T10:00Z'],
    ['ended by a line break', '2026-11-21T10:00:00Z\n'],
    ['told to ten digits of a second', '2026-11-21T10:00:00.0000000000Z'],
  ];
}

describe('A time', () => {
  test.each([
    ['2026-11-21T10:00:00Z', Date.UTC(2026, 10, 21, 10)],
    ['2026-11-21t10:00:00z', Date.UTC(2026, 10, 21, 10)],
    ['2026-11-21T10:00:00.5Z', Date.UTC(2026, 10, 21, 10, 0, 0, 500)],
    ['2026-11-21T10:00:00.123456789Z', Date.UTC(2026, 10, 21, 10, 0, 0, 123)],
    ['2026-11-21T10:00:00.000000001+00:00', Date.UTC(2026, 10, 21, 10)],
    ['2026-11-21T10:00:00+23:59', Date.UTC(2026, 10, 20, 10, 1)],
    ['2026-11-21T10:00:00-05:30', Date.UTC(2026, 10, 21, 15, 30)],
    ['2026-11-21T10:00:00-00:00', Date.UTC(2026, 10, 21, 10)],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    ['2000-02-29T00:00:00Z', Date.UTC(2000, 1, 29)],
    ['2016-12-31T23:59:60Z', Date.UTC(2016, 11, 31, 23, 59, 59)],
    ['1990-12-31T15:59:60-08:00', Date.UTC(1990, 11, 31, 23, 59, 59)],
    ['2016-12-31T23:59:60.25Z', Date.UTC(2016, 11, 31, 23, 59, 59, 250)],
    ['9999-12-31T23:59:59.999Z', Date.UTC(9999, 11, 31, 23, 59, 59, 999)],
  ])('is read from %s', (text, milliseconds) => {
    expect(timeOf(text)).toBe(milliseconds);
  });

  test.each([
    '2026-11-21',
    '2026-11-21T10:00Z',
    '2026-11-21T10Z',
    '2026-11-21T10:00:00',
    '2026-11-21T10:00:00.Z',
    '2026-11-21T10:00:00,5Z',
    '2026-11-21T10:00:00.1234567890Z',
    '2026-11-21T24:00:00Z',
    '2026-11-21T10:60:00Z',
    '2026-11-21T10:00:61Z',
    '2026-11-21T10:00:00+24:00',
    '2026-11-21T10:00:00+10:60',
    '2026-11-21T10:00:00+1000',
    '2026-11-21T10:00:00+10',
    '2026-02-29T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-00-10T00:00:00Z',
    '2026-13-10T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-01-32T00:00:00Z',
    '+002026-01-01T00:00:00Z',
    '20261121T100000Z',
    '26-11-21T10:00:00Z',
    ' 2026-11-21T10:00:00Z',
    '2026-11-21T10:00:00Z\n',
    '２026-11-21T10:00:00Z',
    'Sat, 21 Nov 2026 10:00:00 GMT',
  ])('is not read from %j', (text) => {
    expect(timeOf(text)).toBeUndefined();
  });

  test('comes back from every date that is written as RFC 3339 has it', () => {
    const years = { min: new Date('0000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z') };
    fc.assert(
      fc.property(fc.date({ ...years, noInvalidDate: true }), (date) => {
        expect(timeOf(date.toISOString())).toBe(date.getTime());
      }),
    );
  });
});

describe('The data of a request', () => {
  test.each<readonly [what: string, data: object, paths: readonly string[]]>([
    ['nothing', {}, ['data.provider', 'data.user']],
    ['no provider', { user: {} }, ['data.provider']],
    ['a provider that is no text', { provider: ['fireworks'], user: {} }, ['data.provider']],
    ['no user', { provider: 'vectara' }, ['data.user']],
    ['null for a user', { provider: 'vectara', user: null }, ['data.user']],
    ['an array for a user', { provider: 'fireworks', user: [] }, ['data.user']],
    ['text for a user', { provider: 'fireworks', user: 'ada@example.com' }, ['data.user']],
    ['no user for an unknown provider', { provider: 'x' }, ['data.user']],
    [
      'unknown fields',
      { provider: 'vectara', user: { email: 'a@b' }, secret: 's', url: 'u' },
      ['data.secret', 'data.url'],
    ],
    [
      'unknown fields of an unknown provider',
      { provider: 'x', user: { any: 1 }, constructor: 1 },
      ['data.constructor'],
    ],
  ])('are wrong, path by path, where they hold %s', (_, data, paths) => {
    expect(pathsOf(requestOf(data))).toEqual(paths);
  });

  test.each(['default', 'a', '0', 'eu-1', 'a-', 'x'.repeat(63)])(
    'may name the connection %s',
    (connection) => {
      const data = { provider: 'vectara', connection, user: { email: 'a@b' } };
      expect(read(requestOf(data)).connection).toBe(connection);
    },
  );

  test.each(['', '-a', 'EU', 'a_b', 'a/b', '../x', 'a.b', 'ü', 'a\n', 'x'.repeat(64), 5, false, ['a']])(
    'may not name the connection %j',
    (connection) => {
      const data = { provider: 'vectara', connection, user: { email: 'a@b' } };
      expect(pathsOf(requestOf(data))).toEqual(['data.connection']);
    },
  );

  test('may leave the connection out by null as well', () => {
    const data = { provider: 'vectara', connection: null, user: { email: 'a@b' } };
    expect(read(requestOf(data)).connection).toBe('default');
  });

  test('may not hold an unknown field, whatever it holds, nothing included', () => {
    const data = { provider: 'vectara', user: { email: 'a@b', nickname: null }, tenant: null };
    expect(pathsOf(requestOf(data)).sort()).toEqual(['data.tenant', 'data.user.nickname']);
  });

  test.each(['data', 'user'])('may not hold a field called __proto__ in %s', (place) => {
    const path = place === 'user' ? 'data.user.__proto__' : 'data.__proto__';
    expect(pathsOf(withProto(fireworksRequest(), place))).toEqual([path]);
  });
});

const base64 = (data: unknown) =>
  Buffer.from(typeof data === 'string' ? data : JSON.stringify(data)).toString('base64');

describe('The data_base64 of a request', () => {
  const data = { provider: 'vectara', connection: 'eu', user: { email: 'ü@example.com' } };

  test('is read like its data', () => {
    const event = requestOf(undefined, { data_base64: base64(data) });
    expect(read(event)).toEqual(read(requestOf(data)));
    expect(deliveryOf(event).facts).toMatchObject({ provider: 'vectara', connection: 'eu' });
  });

  test('counts where the data is null, and the data where it is null itself', () => {
    expect(read(requestOf(null, { data_base64: base64(data) })).connection).toBe('eu');
    expect(read(requestOf(data, { data_base64: null })).connection).toBe('eu');
  });

  test('is told of as its data would be', () => {
    const wrong = { provider: 'vectara', tenant: 1, user: { email: 'ada', corpus_roles: [{ role: 1 }] } };
    const paths = pathsOf(requestOf(undefined, { data_base64: base64(wrong) }));
    expect(paths).toEqual(pathsOf(requestOf(wrong)));
    expect(paths).toContain('data.user.corpus_roles.0.role');
  });

  test('stands in no event beside data, of which the rest is told as well', () => {
    const event = requestOf({ ...data, tenant: 1 }, { data_base64: base64(data), id: '' });
    expect(pathsOf(event)).toEqual(['data_base64', 'id', 'data.tenant']);
    expect(deliveryOf(event).facts.provider).toBe('vectara');
  });

  const unpadded = base64({ a: 1 }).replace('=', '');
  test.each<readonly [what: string, value: unknown, message: string]>([
    ['a number', 5, 'must be a string'],
    ['an object', {}, 'must be a string'],
    ['no base64', '?', 'must be base64 in its standard alphabet, with padding'],
    [
      'base64 with a line break',
      `${base64(data)}\n`,
      'must be base64 in its standard alphabet, with padding',
    ],
    ['base64 without padding', unpadded, 'must be base64 in its standard alphabet, with padding'],
    [
      'base64 with too much padding',
      `${base64(data)}====`,
      'must be base64 in its standard alphabet, with padding',
    ],
    [
      'the alphabet of URLs',
      base64('"??>"').replace('/', '_'),
      'must be base64 in its standard alphabet, with padding',
    ],
    ['bits beyond its end', 'MR==', 'must be base64 in its standard alphabet, with padding'],
    ['empty', '', 'must hold JSON in UTF-8'],
    ['text', base64('hello'), 'must hold JSON in UTF-8'],
    ['broken JSON', base64('{"provider":'), 'must hold JSON in UTF-8'],
    ['JSON after a byte order mark', base64('\uFEFF{}'), 'must hold JSON in UTF-8'],
    ['JSON in Latin-1', Buffer.from('"\u00FC"', 'latin1').toString('base64'), 'must hold JSON in UTF-8'],
    ['JSON in UTF-16', Buffer.from('{}', 'utf16le').toString('base64'), 'must hold JSON in UTF-8'],
  ])('is the one thing that is wrong where it is %s', (_, value, message) => {
    expect(issuesOf(requestOf(undefined, { data_base64: value }))).toEqual([
      { path: 'data_base64', message },
    ]);
  });

  test('that is wrong hides no problem of the attributes', () => {
    expect(pathsOf(requestOf(undefined, { data_base64: '?', id: 1, time: 'now' }))).toEqual([
      'data_base64',
      'id',
      'time',
    ]);
  });

  test.each<readonly [what: string, held: unknown]>([
    ['null', null],
    ['a text', '"x"'],
    ['an array', []],
    ['what nests deep', '['.repeat(100_000) + ']'.repeat(100_000)],
  ])('is no data where it holds %s', (_, held) => {
    expect(pathsOf(requestOf(undefined, { data_base64: base64(held) }))).toEqual(['data']);
  });
});

describe('A provider', () => {
  test.each([
    '',
    'x',
    'Fireworks',
    'fireworks ',
    '__proto__',
    'constructor',
    'toString',
    'x'.repeat(500),
    LONE,
  ])('is unsupported where it is called %j', (provider) => {
    const failure = failureOf(() => read(requestOf({ provider, user: { anything: true } })));
    expect(failure).toMatchObject({
      code: 'unsupported_provider',
      message: expect.stringContaining('fireworks, vectara'),
      told: { issues: [{ path: 'data.provider' }] },
    });
  });

  test('is told as unsupported only where all else is right', () => {
    expect(pathsOf(requestOf({ provider: 'x', user: {} }, { id: 1 }))).toEqual(['id']);
  });
});

const emails: readonly string[] = ['a@b', 'Ada.Lovelace+x@example.com', 'ü🚀@bücher.example'];
const noEmails: readonly Case[] = [
  ['a number', 5],
  ['empty', ''],
  ['without @', 'ada'],
  ['with an invisible character', 'a\u200Bb@c'],
  ['with the Kelvin sign', '\u212Aate@b'],
  ['with half a character', `${LONE}@b`],
  ['255 characters long', `${'x'.repeat(253)}@b`],
];

describe.each([
  ['fireworks', fireworksRequest],
  ['vectara', vectaraRequest],
] as const)('The e-mail of a request for %s', (_, event) => {
  test.each(emails.map((email) => [email]))('may be %j', (email) => {
    expect(read(event({}, { email })).user.email).toBe(email);
  });

  test.each(noEmails)('is named where it is %s', (_what, email) => {
    expect(pathsOf(event({}, { email }))).toEqual(['data.user.email']);
  });

  test.each([undefined, null])('is required, and not %j', (email) => {
    expect(pathsOf(event({}, { email }))).toEqual(['data.user.email']);
  });

  test('may be anything around one @ that can be seen and is no angle bracket, and stays as it is', () => {
    const side = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 100 })
      .filter((text) => !/[\s\p{Cc}\p{Cf}\p{Cs}@<>\u037E\u1FEF\u212A]/u.test(text));
    fc.assert(
      fc.property(side, side, (local, domain) => {
        const email = `${local}@${domain}`;
        const { user, provider } = read(event({}, { email }));
        expect(user.email).toBe(email);
        if (provider.name === 'vectara') expect(user.username).toBe(email);
      }),
    );
  });
});

function manyRoles(count: number): string[] {
  return Array.from({ length: count }, () => 'viewer');
}

type UserFault = readonly [what: string, user: object, ...fields: string[]];

function namedFault([what, user, ...fields]: UserFault) {
  return { what, user, paths: fields.map((field) => `data.user.${field}`) };
}

describe('A user for Fireworks', () => {
  test.each<readonly [what: string, user: object]>([
    ['any role', { role: 'a role that is new' }],
    ['a display name of 63 characters', { displayName: 'x'.repeat(63) }],
    ['a display name of 63 characters of two code units', { displayName: ROCKET.repeat(63) }],
    ['no service account', { serviceAccount: false }],
    ['a service account without an e-mail', { serviceAccount: true, userId: 'bot', email: undefined }],
    ['a service account with an e-mail', { serviceAccount: true, userId: 'bot' }],
    ['a userId of one letter', { userId: 'a' }],
    ['a userId of 63 characters', { userId: `a${'-'.repeat(61)}0` }],
    ['the role custom and a preset', { role: 'custom', permissionPreset: 'p' }],
    ['an empty display name', { displayName: '' }],
  ])('may have %s', (_, user) => {
    const expected = JSON.parse(JSON.stringify(user));
    expect(read(fireworksRequest({}, user)).user).toMatchObject(expected);
  });

  test.each(['role', 'displayName', 'serviceAccount', 'userId', 'permissionPreset'])(
    'may leave %s out by null as well, and nothing of it is sent',
    (field) => {
      const { user, provider } = read(fireworksRequest({}, { [field]: null }));
      const without = read(fireworksRequest()).user;
      expect(user).toEqual(without);
      const sent = [user, without].map((fields) => JSON.stringify(provider.create(fields, {})));
      expect(sent[0]).toBe(sent[1]);
    },
  );

  test('may leave the e-mail of a service account out by null as well', () => {
    const { user } = read(fireworksRequest({}, { email: null, serviceAccount: true, userId: 'bot' }));
    expect(user).toEqual({ serviceAccount: true, userId: 'bot', role: 'user' });
  });

  const faults: readonly UserFault[] = [
    ['a role that is no text', { role: 5 }, 'role'],
    ['an empty userId or role of another kind', { userId: '', role: [] }, 'role', 'userId'],
    ['an unknown field that holds nothing', { nickname: null }, 'nickname'],
    ['no service account but null and no e-mail', { serviceAccount: null, email: null }, 'email'],
    ['a service account whose userId is null', { serviceAccount: true, userId: null }, 'userId'],
    [
      'the role custom with null for a preset',
      { role: 'custom', permissionPreset: null },
      'permissionPreset',
    ],
    ['a display name of 64 characters', { displayName: 'x'.repeat(64) }, 'displayName'],
    ['a display name of 64 astral characters', { displayName: ROCKET.repeat(64) }, 'displayName'],
    ['a display name that is no text', { displayName: {} }, 'displayName'],
    ['a service account in words', { serviceAccount: 'true' }, 'serviceAccount'],
    ['a service account in numbers', { serviceAccount: 1 }, 'serviceAccount'],
    ['a service account without userId', { serviceAccount: true }, 'userId'],
    ['a service account with neither', { serviceAccount: true, email: undefined }, 'userId'],
    ['a service account with a bad e-mail', { serviceAccount: true, userId: 'b', email: 'b' }, 'email'],
    ['no service account and no e-mail', { serviceAccount: false, email: undefined }, 'email'],
    ['a userId but no e-mail', { userId: 'ada', email: undefined }, 'email'],
    ['an empty userId', { userId: '' }, 'userId'],
    ['a userId in capitals', { userId: 'Ada' }, 'userId'],
    ['a userId that begins with a digit', { userId: '1a' }, 'userId'],
    ['a userId that begins with a hyphen', { userId: '-a' }, 'userId'],
    ['a userId that ends in a hyphen', { userId: 'a-' }, 'userId'],
    ['a userId of 64 characters', { userId: 'a'.repeat(64) }, 'userId'],
    ['a userId with a line break', { userId: 'a\n' }, 'userId'],
    ['a userId that is a path', { userId: '../ada' }, 'userId'],
    ['a userId that is no text', { userId: 5 }, 'userId'],
    ['the role custom without a preset', { role: 'custom' }, 'permissionPreset'],
    ['a preset without a role', { permissionPreset: 'p' }, 'permissionPreset'],
    ['a preset with another role', { role: 'user', permissionPreset: 'p' }, 'permissionPreset'],
    ['a preset that is no text', { role: 'custom', permissionPreset: 5 }, 'permissionPreset'],
    ['a field of Vectara', { username: 'ada' }, 'username'],
    ['a field that only the provider sets', { name: 'accounts/x/users/ada' }, 'name'],
    ['fields of every object', { constructor: 1, toString: 2 }, 'constructor', 'toString'],
    [
      'a wrong field, an unknown one and two broken rules between fields',
      { displayName: 5, nickname: 'x', serviceAccount: true, permissionPreset: 'p' },
      'displayName',
      'nickname',
      'permissionPreset',
      'userId',
    ],
  ];

  test.each(faults.map(namedFault))('may not have $what', ({ user, paths }) => {
    expect(pathsOf(fireworksRequest({}, user)).sort()).toEqual(paths);
  });
});

describe('A user for Vectara', () => {
  test.each<readonly [what: string, user: object]>([
    ['a username of 128 characters', { username: 'x'.repeat(128) }],
    ['a username of 128 characters of two code units', { username: ROCKET.repeat(128) }],
    ['a username with every sign of a path', { username: 'a/../b?c#d%2F' }],
    ['a description of 255 characters', { description: 'x'.repeat(255) }],
    ['a description of 255 characters of two code units', { description: ROCKET.repeat(255) }],
    ['no roles', { api_roles: [], corpus_roles: [], agent_roles: [] }],
    ['roles that are new', { api_roles: ['new'], agent_roles: [{ agent_key: 'a', role: 'new' }] }],
    ['a thousand roles', { api_roles: Array.from({ length: 1000 }, () => 'viewer') }],
    ['an empty description', { description: '' }],
  ])('may have %s', (_, user) => {
    expect(read(vectaraRequest({}, user)).user).toMatchObject(user);
  });

  test.each(['username', 'description', 'api_roles', 'corpus_roles', 'agent_roles'])(
    'may leave %s out by null as well, and nothing of it is sent',
    (field) => {
      const { user, provider } = read(vectaraRequest({}, { [field]: null }));
      const without = read(vectaraRequest()).user;
      expect(user).toEqual(without);
      const sent = [user, without].map((fields) => JSON.stringify(provider.create(fields, {})));
      expect(sent[0]).toBe(sent[1]);
    },
  );

  const faults: readonly UserFault[] = [
    ['a username of 129 characters', { username: 'x'.repeat(129) }, 'username'],
    ['a username that is no text', { username: 5 }, 'username'],
    ['an empty username', { username: '' }, 'username'],
    ['more than a thousand roles', { api_roles: manyRoles(1001) }, 'api_roles'],
    ['many corpus roles', { corpus_roles: manyRoles(1001) }, 'corpus_roles'],
    ['many agent roles', { agent_roles: manyRoles(130_000) }, 'agent_roles'],
    ['130,000 numbers for roles', { api_roles: Array(130_000).fill(1) }, 'api_roles'],
    ['roles that are nothing', { corpus_roles: [null] }, 'corpus_roles.0'],
    [
      'a corpus role of which nothing is told',
      { corpus_roles: [{ corpus_key: null, role: null }] },
      'corpus_roles.0.corpus_key',
      'corpus_roles.0.role',
    ],
    ['a username that means this place in a path', { username: '.' }, 'username'],
    ['a username that means the place above in a path', { username: '..' }, 'username'],
    ['a description of 256 characters', { description: 'x'.repeat(256) }, 'description'],
    ['a description that is no text', { description: 5 }, 'description'],
    ['one role in place of a list', { api_roles: 'viewer' }, 'api_roles'],
    ['roles that are no text', { api_roles: ['viewer', 5, null] }, 'api_roles.1', 'api_roles.2'],
    ['corpus roles in an object', { corpus_roles: {} }, 'corpus_roles'],
    ['a corpus role that is text', { corpus_roles: ['viewer'] }, 'corpus_roles.0'],
    [
      'corpus roles without members',
      { corpus_roles: [{ corpus_key: 'k', role: 'r' }, {}] },
      'corpus_roles.1.corpus_key',
      'corpus_roles.1.role',
    ],
    [
      'a corpus role that is a number',
      { corpus_roles: [{ corpus_key: 'k', role: 1 }] },
      'corpus_roles.0.role',
    ],
    [
      'a corpus role with an unknown member',
      { corpus_roles: [{ corpus_key: 'k', role: 'r', until: 'x' }] },
      'corpus_roles.0.until',
    ],
    [
      'an agent role for a corpus',
      { agent_roles: [{ corpus_key: 'k', role: 'r' }] },
      'agent_roles.0.agent_key',
      'agent_roles.0.corpus_key',
    ],
    ['a field of Fireworks', { displayName: 'Ada' }, 'displayName'],
    ['a field that only the provider sets', { enabled: true }, 'enabled'],
    ['fields of every object', { hasOwnProperty: 1, valueOf: 2 }, 'hasOwnProperty', 'valueOf'],
  ];

  test.each(faults.map(namedFault))('may not have $what', ({ user, paths }) => {
    expect(pathsOf(vectaraRequest({}, user)).sort()).toEqual(paths);
  });

  test('may not have a role with a member called __proto__', () => {
    const event = vectaraRequest({}, { corpus_roles: [{ corpus_key: 'k', role: 'r' }] });
    const body = JSON.stringify(event).replace('{"corpus_key"', '{"__proto__":1,"corpus_key"');
    expect(pathsOf(body)).toEqual(['data.user.corpus_roles.0.__proto__']);
  });
});

describe('Reading a request', () => {
  test('names every unknown field of a user, whatever they are called', () => {
    const known = /^(email|role|displayName|serviceAccount|userId|permissionPreset)$/;
    const name = fc.string().filter((text) => !known.test(text));
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1 }), (names) => {
        // Members are defined, as a plain assignment to __proto__ would make none.
        const user = Object.fromEntries(names.map((field) => [field, 1]));
        const data = { provider: 'fireworks', user: { email: 'a@b' } };
        const body = JSON.stringify(requestOf(data)).replace('"email"', () => `${members(user)},"email"`);
        expect(pathsOf(body).sort()).toEqual(names.map((field) => `data.user.${field}`).sort());
      }),
    );
  });

  test('either succeeds or fails with a verdict on the event, whatever the event', () => {
    const field = fc.constantFrom('email', 'role', 'username', 'api_roles', 'corpus_roles', 'userId', 'x');
    const user = fc.dictionary(field, fc.jsonValue());
    const provider = fc.oneof(fc.constantFrom('fireworks', 'vectara'), fc.jsonValue());
    const data = fc.oneof(fc.jsonValue(), fc.record({ provider, user: fc.oneof(user, fc.jsonValue()) }));
    const attribute = fc.constantFrom('id', 'source', 'time', 'expirytime', 'subject', 'connection');
    fc.assert(
      fc.property(data, fc.dictionary(attribute, fc.jsonValue()), (someData, attributes) => {
        const body = requestOf(someData, attributes);
        const verdict = verdictOf(body);
        expect(['valid', 'invalid_event', 'unsupported_provider']).toContain(verdict.code);
        for (const { path } of verdict.issues) expect(path).toMatch(/^([a-z]+$|data($|\.))/);
      }),
      { numRuns: 500 },
    );
  });
});

function members(object: object): string {
  return JSON.stringify(object).slice(1, -1);
}

function verdictOf(body: unknown): { code: string; issues: readonly Issue[] } {
  try {
    read(body);
    return { code: 'valid', issues: [] };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    expect(error.told.issues).not.toHaveLength(0);
    return { code: error.code, issues: error.told.issues ?? [] };
  }
}

function strangers(count: number): object {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`x${index}`, index]));
}

describe('What is told of a request that cannot be read', () => {
  const told = (body: unknown) => failureOf(() => read(body));

  test('says that there is no event', () => {
    expect(told('hello')).toMatchObject({
      message: 'The message holds no event: its body must be a JSON object.',
      told: { issues: [{ path: '', message: 'must be a JSON object' }] },
    });
  });

  test.each([1, 5])('names all of %i problems', (count) => {
    const { message, told: details } = told(fireworksRequest({}, strangers(count)));
    expect(message).toBe(`The event is no valid user.requested.v1: ${problems(details.issues, count)}.`);
  });

  test('names five of seven problems and counts the rest', () => {
    const { message, told: details } = told(fireworksRequest({}, strangers(7)));
    const [first, rest] = [problems(details.issues, 5), '; and 2 more in issues.'];
    expect(message).toBe(`The event is no valid user.requested.v1: ${first}${rest}`);
  });

  test.each<readonly [what: string, user: object, count: number]>([
    ['unknown fields', strangers(2000), 2000],
    ['roles that are none', { api_roles: Array.from({ length: 1000 }, () => 1) }, 1000],
    ['members of roles that are none', { corpus_roles: Array.from({ length: 700 }, () => ({})) }, 1400],
    ['unknown fields and others', { ...strangers(500), description: 5, api_roles: {} }, 502],
    ['101 unknown fields', strangers(101), 101],
  ])('is told in a hundred entries of %s, of which the last counts the rest', (_, user, count) => {
    const { issues = [] } = told(vectaraRequest({}, user)).told;
    expect(issues).toHaveLength(100);
    expect(issues.at(-1)).toEqual({ path: '', message: `has ${count - 99} more problems` });
    expect(issues.filter(({ path }) => path === '')).toHaveLength(1);
  });

  test('is told whole where there are a hundred problems', () => {
    const { issues = [] } = told(vectaraRequest({}, strangers(100))).told;
    expect(issues).toHaveLength(100);
    expect(issues.at(-1)).toEqual({ path: 'data.user.x99', message: 'is not a known field' });
  });

  const problems = (issues: readonly Issue[] = [], count: number) =>
    issues
      .slice(0, count)
      .map(({ path, message }) => `${path} ${message}`)
      .join('; ');

  test('names the providers that there are', () => {
    expect(told(requestOf({ provider: 'constructor', user: {} })).told.issues).toEqual([
      { path: 'data.provider', message: `must be one of ${providers.map(({ name }) => name).join(', ')}` },
    ]);
  });
});

describe('An expiry time', () => {
  const expiry = Date.UTC(2026, 10, 21, 10);
  const request = read(fireworksRequest({ expirytime: '2026-11-21T11:00:00+01:00' }));

  test.each([expiry - 1, expiry])('lets the request pass until it is over (%i)', (now) => {
    expect(() => refuseExpired(request, now)).not.toThrow();
  });

  test('refuses the request after it', () => {
    expect(failureOf(() => refuseExpired(request, expiry + 1))).toMatchObject({
      code: 'request_expired',
      message: `The request expired at ${new Date(expiry).toISOString()}; nothing was provisioned.`,
    });
  });

  test('that is not stated never passes', () => {
    expect(() => refuseExpired(read(fireworksRequest()), Number.MAX_VALUE)).not.toThrow();
  });
});

describe('The allow-list of roles', () => {
  const fireworksRoles = ['user', 'custom'];
  const vectaraRoles = ['viewer', 'agent_user'];

  test.each<readonly [string, unknown, readonly string[]]>([
    ['the default role', fireworksRequest(), fireworksRoles],
    ['a listed role', fireworksRequest({}, { role: 'custom', permissionPreset: 'p' }), fireworksRoles],
    ['no roles', vectaraRequest(), vectaraRoles],
    ['an empty list of roles', vectaraRequest({}, { api_roles: [] }), vectaraRoles],
    ['listed roles', vectaraRequest({}, { api_roles: ['agent_user', 'viewer'] }), vectaraRoles],
    [
      'any role of one corpus',
      vectaraRequest({}, { corpus_roles: [{ corpus_key: 'k', role: 'owner' }] }),
      vectaraRoles,
    ],
  ])('lets %s pass', (_, event, roles) => {
    expect(() => refuseForbiddenRoles(read(event), roles)).not.toThrow();
  });

  test('tells no more than a hundred of the roles that it refuses, and counts the rest', () => {
    const event = vectaraRequest({}, { api_roles: Array.from({ length: 1000 }, () => 'owner') });
    const { told } = failureOf(() => refuseForbiddenRoles(read(event), vectaraRoles));
    expect(told.issues).toHaveLength(100);
    expect(told.issues?.at(-1)).toEqual({ path: '', message: 'has 901 more problems' });
  });

  test.each<readonly [role: unknown, allowed: boolean]>([
    ['viewer', true],
    ['Viewer', false],
    [undefined, false],
    [['viewer'], false],
    [{ toString: 1 }, false],
  ])('has the role %j: %j', (role, allowed) => {
    expect(isAllowed(role, vectaraRoles)).toBe(allowed);
  });

  test.each<readonly [string, unknown, readonly string[], readonly string[]]>([
    ['admin', fireworksRequest({}, { role: 'admin' }), fireworksRoles, ['role']],
    ['a part of a listed role', fireworksRequest({}, { role: 'use' }), fireworksRoles, ['role']],
    ['a role in capitals', fireworksRequest({}, { role: 'User' }), fireworksRoles, ['role']],
    ['a property of every object', fireworksRequest({}, { role: 'toString' }), fireworksRoles, ['role']],
    ['the default role where it is not listed', fireworksRequest(), ['custom'], ['role']],
    [
      'each role that is not listed',
      vectaraRequest({}, { api_roles: ['owner', 'viewer', 'administrator'] }),
      vectaraRoles,
      ['api_roles.0', 'api_roles.2'],
    ],
  ])('refuses %s by its path', (_, event, roles, fields) => {
    const { code, message, told: details } = failureOf(() => refuseForbiddenRoles(read(event), roles));
    expect(code).toBe('role_not_allowed');
    expect(message).toContain(`: ${roles.join(', ')}.`);
    for (const issue of details.issues ?? [])
      expect(issue.message).toBe(`must be one of ${roles.join(', ')}`);
    expect(details.issues?.map(({ path }) => path)).toEqual(fields.map((field) => `data.user.${field}`));
  });
});
