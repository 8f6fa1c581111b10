import { readdir, readFile } from 'node:fs/promises';
import specs from '@asyncapi/specs';
import { Ajv } from 'ajv';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { asyncApiText } from '../cli/schemas/asyncapi.ts';
import { eventsPage } from '../cli/schemas/page.ts';
import { schemaFiles } from '../cli/schemas/schemas.ts';
import { completedSchema, deadLetteredSchema } from '../lib/events/outcome-schemas.ts';
import { createRequestReader } from '../lib/events/request.ts';
import { providers } from '../lib/providers/index.ts';
import { Failure } from '../lib/records/failure.ts';
import { deliveryOf } from './deliveries.ts';
import { judgePublished } from './published.ts';

const folder = new URL('../schemas/', import.meta.url);
const files = schemaFiles();
const read = createRequestReader(providers);

const fits = (name: string, value: unknown) => judgePublished(name, value).length === 0;

function isRead(event: unknown): boolean {
  try {
    read(deliveryOf(JSON.stringify(event)));
    return true;
  } catch (error) {
    if (error instanceof Failure && error.code !== 'unexpected') return false;
    throw error;
  }
}

describe('The published schemas', () => {
  test('are those of the code: `npm run schemas` writes them', async () => {
    expect((await readdir(folder)).filter((name) => name.endsWith('.json')).sort()).toEqual(
      [...files.keys()].sort(),
    );
    for (const [name, schema] of files) {
      expect(JSON.parse(await readFile(new URL(name, folder), 'utf8')), name).toEqual(
        JSON.parse(JSON.stringify(schema)),
      );
    }
  });

  test('stand in an AsyncAPI document that is valid, with the queues as they are deployed, and on a page', async () => {
    const text = await readFile(new URL('asyncapi.yaml', folder), 'utf8');
    expect(text).toBe(asyncApiText());
    expect(await readFile(new URL('../docs/events.html', folder), 'utf8')).toBe(eventsPage());
    const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false });
    const validate = ajv.compile(specs.schemasWithoutId['3.1.0'] as object);
    const document = parse(text);
    expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
    expect(document.channels.requests.bindings.sqs.queue).toMatchObject({
      name: 'usher-prod-requests',
      visibilityTimeout: 360,
      redrivePolicy: { deadLetterQueue: { name: 'usher-prod-requests-exhausted' }, maxReceiveCount: 18 },
    });
    validate({ ...document, channels: { requests: { messages: 'none' } } });
    expect(validate.errors).not.toBeNull();
  });

  test('take their own examples', () => {
    for (const [name, { examples = [] }] of files) {
      for (const example of Object.values(examples)) expect(fits(name, example), name).toBe(true);
    }
  });

  test('of one provider take no request for another', () => {
    const event = { ...base, data: { provider: 'vectara', user: { email: 'a@b' } } };
    expect(fits('user.requested.v1.vectara.json', event)).toBe(true);
    expect(fits('user.requested.v1.fireworks.json', event)).toBe(false);
    expect(fits('user.requested.v1.json', event)).toBe(true);
  });
});

const base = { specversion: '1.0', id: 'r-1', source: 'https://signup.example', type: 'user.requested.v1' };

/** Texts at and beyond every bound, of every kind of character. */
const texts = fc.oneof(
  fc.constantFrom(
    ...[
      '',
      ' ',
      'a',
      'ada@example.com',
      'Ada@bücher.example',
      'a@b',
      '@',
      'a@',
      '@b',
      'a@b@c',
      'a b@c',
      '<a@b>',
      'a@b.c\u200d',
    ],
    ...[
      'K@example.com',
      'a\u0000b',
      'a\nb@c',
      '\ud800',
      'a\ud800@b.c',
      '😀',
      '.',
      '..',
      '...',
      'custom',
      'user',
      'admin',
      'default',
    ],
    ...[
      'UPPER',
      '-a',
      'a-',
      'a--b',
      '1a',
      'x'.repeat(62),
      'x'.repeat(63),
      'x'.repeat(64),
      'x'.repeat(128),
      'x'.repeat(129),
    ],
    ...[
      'x'.repeat(255),
      'x'.repeat(256),
      '😀'.repeat(63),
      '😀'.repeat(64),
      '😀'.repeat(255),
      '😀'.repeat(256),
    ],
    ...[
      `${'a'.repeat(252)}@b`,
      `${'a'.repeat(253)}@b`,
      '1.0',
      'user.requested.v1',
      'fireworks',
      'vectara',
      'acme',
      '__proto__',
    ],
    ...[
      '2026-01-31T09:30:00Z',
      '2026-01-31t09:30:00z',
      '2026-01-31T09:30:60Z',
      '2026-01-31T24:00:00Z',
      '2026-01-31T09:30:00',
    ],
    ...['2026-01-31T09:30:00.123456789+14:00', '2026-01-31T09:30:00.1234567890Z', '2026-13-01', 'now'],
  ),
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.string({ maxLength: 70 }),
  fc.emailAddress(),
);
const role = (key: string) => fc.record({ [key]: texts, role: texts }, { requiredKeys: [] });
const lists = fc.oneof(
  fc.array(fc.oneof(texts, fc.constant(null), fc.integer()), { maxLength: 3 }),
  fc.array(
    fc.oneof(
      role('corpus_key'),
      role('agent_key'),
      fc.record({ corpus_key: texts, role: texts, more: texts }),
    ),
    { maxLength: 3 },
  ),
  fc.constantFrom(Array(1000).fill('viewer'), Array(1001).fill('viewer')),
);
const anything = fc.oneof(
  { weight: 6, arbitrary: texts },
  { weight: 2, arbitrary: lists },
  { weight: 1, arbitrary: fc.constantFrom(null, true, false, 0, 1.5, -1, {}, { a: null }) },
);

/** A user that each provider takes, as in examples/requests.jsonl, and the names of all fields that it knows. */
const known = new Map(
  providers.map(({ name }) => {
    const schema = Object(files.get(`user.requested.v1.${name}.json`));
    const { user } = schema.examples[0].data;
    const fields = Object.keys(
      schema.properties?.data?.properties.user.properties ?? dataIn(schema).user.properties,
    );
    return [name, { user, fields }];
  }),
);

function dataIn(schema: {
  oneOf: readonly { properties: { data?: { properties?: Record<string, unknown> } } }[];
}) {
  return Object(
    schema.oneOf.find(({ properties }) => properties.data?.properties)?.properties.data?.properties,
  );
}

const ATTRIBUTES = [
  'specversion',
  'id',
  'source',
  'type',
  'time',
  'subject',
  'expirytime',
  'correlationid',
  'causationid',
  'traceparent',
  'tracestate',
];

/** A valid request, and up to four changes that may make it another one. */
const requests = fc
  .record({
    provider: fc.constantFrom(...known.keys()),
    attributes: fc.array(fc.tuple(fc.constantFrom(...ATTRIBUTES, 'extension'), anything), { maxLength: 1 }),
    data: fc.array(fc.tuple(fc.constantFrom('provider', 'connection', 'unknown'), anything), {
      maxLength: 1,
    }),
    user: fc.array(fc.tuple(fc.nat(20), anything), { maxLength: 2 }),
    without: fc.option(fc.constantFrom(...ATTRIBUTES, 'data'), { freq: 2 }),
  })
  .map(({ provider, attributes, data, user, without }) => {
    const { user: example, fields: names = [] } = known.get(provider) ?? {};
    const fields = [...names, 'unknown', 'nickname', 'urn:acme:2.0'];
    const event: Record<string, unknown> = {
      ...base,
      ...Object.fromEntries(attributes),
      data: {
        provider,
        user: {
          ...example,
          ...Object.fromEntries(user.map(([at, value]) => [fields[at % fields.length] ?? 'unknown', value])),
        },
        ...Object.fromEntries(data),
      },
    };
    if (without) delete event[without];
    return event;
  });

const TIME = /^(\d{4}-\d\d-\d\d)T/i;

/** What a schema cannot say; each member has a test of its own. */
function isBeyondSchemas({ time, expirytime }: Record<string, unknown>): boolean {
  return [time, expirytime].some((value) => {
    const [, day] = TIME.exec(typeof value === 'string' ? value : '') ?? [];
    return day !== undefined && new Date(`${day}T00:00:00Z`).getUTCDate() !== Number(day.slice(8));
  });
}

describe('Schema and reader', () => {
  test('judge every request alike', () => {
    let accepted = 0;
    void fc.assert(
      fc.property(requests, (event) => {
        fc.pre(!isBeyondSchemas(event));
        const isAccepted = isRead(event);
        accepted += Number(isAccepted);
        expect(fits('user.requested.v1.json', event), JSON.stringify(event)).toBe(isAccepted);
      }),
      { numRuns: 8_000, seed: 13 },
    );
    // A test that refuses everything would prove nothing.
    expect(accepted).toBeGreaterThan(500);
  });

  test('judge every secret alike', () => {
    const addresses = fc.constantFrom(
      'https://a.example/scim/v2/',
      'http://127.0.0.1:8080',
      'http://a.example',
      '',
    );
    const values = fc.oneof(anything, fc.constantFrom('a', 'eq', 'application/json', ['displayName']));
    for (const { name, schemas } of providers) {
      const { credentials } = schemas();
      const members = Object.keys(files.get(`secret.${name}.json`)?.properties ?? {});
      const names = members.length > 0 ? members : ['apiKey', 'clientId', 'clientSecret'];
      const secrets = fc
        .tuple(
          fc.dictionary(fc.constantFrom(...names, 'more'), values),
          fc.dictionary(fc.constantFrom('baseUrl', 'tokenUrl'), addresses),
        )
        .map(([secret, urls]) => ({ ...secret, ...urls }));
      void fc.assert(
        fc.property(secrets, (secret) => {
          const isAccepted = credentials._zod.run({ value: structuredClone(secret), issues: [] }, {});
          if (isAccepted instanceof Promise) throw new Error('a secret is judged at once');
          expect(fits(`secret.${name}.json`, secret), JSON.stringify(secret)).toBe(
            isAccepted.issues.length === 0,
          );
        }),
        { numRuns: 2_000, seed: 13 },
      );
    }
  });

  const data = { provider: 'vectara', user: { email: 'ada@example.com' } };
  const encoded = Buffer.from(JSON.stringify(data)).toString('base64');

  test.for([
    ['data in base64', { ...base, data_base64: encoded }, true],
    ['data in base64 beside no data', { ...base, data: null, data_base64: encoded }, true],
    ['no base64 beside data', { ...base, data, data_base64: null }, true],
    ['data twice', { ...base, data, data_base64: encoded }, false],
    ['base64 of another alphabet', { ...base, data_base64: '-_-_' }, false],
    ['base64 without its padding', { ...base, data_base64: 'e30' }, false],
    ['base64 with bits that stand for nothing', { ...base, data_base64: 'e31=' }, false],
    ['no object', [], false],
    ['null', null, false],
  ] as const)('judge %s alike', ([, event, expected]) => {
    expect({ schema: fits('user.requested.v1.json', event), reader: isRead(event) }).toEqual({
      schema: expected,
      reader: expected,
    });
  });

  test.for([
    ['a day that its month has not', { ...base, data, time: '2026-02-30T09:30:00Z' }],
    ['what base64 holds', { ...base, data_base64: Buffer.from('{"provider": "acme"}').toString('base64') }],
    ['base64 of what is no JSON', { ...base, data_base64: Buffer.from('hello').toString('base64') }],
  ] as const)('differ in %s, which a schema cannot say', ([, event]) => {
    expect({ schema: fits('user.requested.v1.json', event), reader: isRead(event) }).toEqual({
      schema: true,
      reader: false,
    });
  });

  test('judge outcomes alike', () => {
    for (const [name, schema] of [
      ['user.completed.v1.json', completedSchema],
      ['user.dead_lettered.v1.json', deadLetteredSchema],
    ] as const) {
      expect(fits(name, {})).toBe(false);
      expect(schema.safeParse({}).success).toBe(false);
    }
  });
});
