import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Delivery } from '../lib/events/delivery.ts';
import { MAX_MESSAGE_BYTES, messageBytes, type OutcomeMessage, toBody } from '../lib/events/message.ts';
import {
  type CompletedEvent,
  completedSchema,
  type DeadLetteredEvent,
  deadLetteredSchema,
  outcomeSchema,
} from '../lib/events/outcome-schemas.ts';
import { createOutcomes, type DeadLetter } from '../lib/events/outcomes.ts';
import { createRequestReader } from '../lib/events/request.ts';
import { isObject } from '../lib/json.ts';
import { providers } from '../lib/providers/index.ts';
import { FAILURES, Failure, type FailureCode, type Told } from '../lib/records/failure.ts';
import type { Completion } from '../lib/users/create-user.ts';
import { clockOf } from './clocks.ts';
import {
  busEventOf,
  deadLetterOf,
  deliveryOf,
  fireworksRequest,
  messageId,
  notificationOf,
  requestOf,
  requestsArn,
  vectaraRequest,
} from './deliveries.ts';
import { asPublished } from './published.ts';

const now = Date.UTC(2026, 10, 21, 10);
const clock = clockOf({ now: () => now });
const outcomes = createOutcomes({ source: 'urn:usher:test', providers, clock });
const readRequest = createRequestReader(providers);

const created: Completion = { result: 'created', user: { id: 'usr_1' }, differences: [] };

function completedMessage(delivery: Delivery, completion: Completion = created): OutcomeMessage {
  return outcomes.completed(delivery, readRequest(delivery), completion);
}

function completed(delivery: Delivery, completion?: Completion): CompletedEvent {
  return asPublished(completedSchema.parse(JSON.parse(completedMessage(delivery, completion).body)));
}

interface LetterOptions extends Partial<Omit<DeadLetter, 'failure'>> {
  readonly code?: FailureCode;
  readonly message?: string;
  readonly told?: Told;
}

function deadLetterMessage(delivery: Delivery, options: LetterOptions = {}): OutcomeMessage {
  const {
    code = 'unexpected',
    message = 'It failed.',
    told = {},
    exhausted = false,
    remote = 'unknown',
  } = options;
  const failure = new Failure(code, message, { told });
  return outcomes.deadLettered(delivery, { failure, exhausted, remote });
}

function deadLettered(delivery: Delivery, options?: LetterOptions): DeadLetteredEvent {
  return asPublished(deadLetteredSchema.parse(JSON.parse(deadLetterMessage(delivery, options).body)));
}

/** UUID v5 in the URL namespace, digit by digit: https://www.rfc-editor.org/rfc/rfc9562#section-5.5 */
function uuidOf(...name: readonly (string | number)[]): string {
  const namespace = '6ba7b811-9dad-11d1-80b4-00c04fd430c8'.replaceAll('-', '');
  const octets = Buffer.concat([Buffer.from(namespace, 'hex'), Buffer.from(name.join('\n'), 'utf8')]);
  const digits = [...createHash('sha1').update(octets).digest('hex').slice(0, 32)];
  digits[12] = '5';
  digits[16] = '89ab'.charAt(Number.parseInt(digits[16] ?? '', 16) % 4);
  const parts = [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20)];
  return [...parts, digits.slice(20)].map((part) => part.join('')).join('-');
}

describe('The id of an outcome', () => {
  const redriven = (redrives: number) =>
    deadLetterOf({ request: fireworksRequest(), redrives: redrives - 1 });

  test.each<readonly [string, string, string]>([
    ['completion', completed(deliveryOf(fireworksRequest())).id, '97b613a1-ad31-5497-9aef-2ffb1f71dece'],
    ['dead letter', deadLettered(deliveryOf(fireworksRequest())).id, '50b48e22-4807-5872-9ec8-e34c03f21262'],
    [
      'dead letter after a redrive',
      deadLettered(deliveryOf(redriven(1))).id,
      '1dcb3f9e-adb0-551d-a4e9-628699f29d1f',
    ],
    [
      'dead letter after ten redrives',
      deadLettered(deliveryOf(redriven(10))).id,
      '6c956673-9935-573f-aee9-05d1defe3841',
    ],
    [
      'completion of a request from far away',
      completed(deliveryOf(fireworksRequest({ id: 'ñ-🚀', source: 'urn:tägs/🌍' }))).id,
      '54af4d96-d24f-5b49-8255-489ad0f0f2fb',
    ],
    ['dead letter of no event', deadLettered(deliveryOf('x')).id, 'f24fab95-f10d-549d-b85d-2b7382bd66f4'],
  ])('of a %s is the same everywhere and for ever', (_, id, expected) => {
    expect(id).toBe(expected);
  });

  test('is the UUID v5 of source, id, type and redrives, whatever they are', () => {
    const identifier = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
      .filter((text) => !/\p{Cc}/u.test(text));
    fc.assert(
      fc.property(identifier, identifier, fc.nat({ max: 40 }), (id, source, redrives) => {
        const request = fireworksRequest({ id, source });
        const delivery = deliveryOf(deadLetterOf({ request, redrives }));
        const tail = [redrives + 1];
        expect(completed(delivery).id).toBe(uuidOf(source, id, 'user.completed.v1', ...tail));
        expect(deadLettered(delivery).id).toBe(uuidOf(source, id, 'user.dead_lettered.v1', ...tail));
      }),
    );
  });

  test('does not change with the receive, the queue, the wrapping or the reason', () => {
    const request = fireworksRequest();
    const others = [
      deliveryOf(request, { receives: 9 }),
      deliveryOf(request, { queueArn: 'arn:aws:sqs:x:1:other' }),
      { ...deliveryOf(request), messageId: 'another' },
      deliveryOf(notificationOf(request)),
      deliveryOf(busEventOf('anything', request)),
      deliveryOf(fireworksRequest({ time: 'nonsense' })),
    ];
    for (const code of ['unexpected', 'invalid_event', 'delivery_exhausted'] as const) {
      for (const delivery of others) {
        expect(deadLettered(delivery, { code }).id).toBe('50b48e22-4807-5872-9ec8-e34c03f21262');
      }
    }
  });

  test.each<readonly [string, unknown]>([
    ['id is missing', fireworksRequest({ id: undefined })],
    ['source is missing', fireworksRequest({ source: undefined })],
    ['id is too long', fireworksRequest({ id: 'x'.repeat(256) })],
    ['source is empty', fireworksRequest({ source: '' })],
    ['id is a number', fireworksRequest({ id: 1 })],
    ['source is half a character', fireworksRequest({ source: '\uD83D' })],
    ['id has a line break', fireworksRequest({ source: 'x', id: 'y\nz' })],
    ['source has a line break', fireworksRequest({ source: 'x\ny', id: 'z' })],
    ['id is null', fireworksRequest({ id: null })],
    ['body holds no event', '[]'],
  ])('is made of the queue and the message where the %s', (_, body) => {
    expect(deadLettered(deliveryOf(body)).id).toBe(
      uuidOf(requestsArn, messageId, 'user.dead_lettered.v1', 0),
    );
  });
});

const envelope = {
  subject: 'u-42',
  correlationid: 'c-1',
  causationid: 'cause-1',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  tracestate: 'vendor=1',
};

describe('A completion', () => {
  test('says what the contract has it say', () => {
    const delivery = deliveryOf(fireworksRequest({ ...envelope, time: '2026-11-21t09:00:00+01:00' }), {
      receives: 2,
    });
    const user = { id: 'accounts/acme/users/ada', state: 'READY', createdAt: '2026-11-21T09:00:01Z' };
    const { body, attributes } = completedMessage(delivery, {
      result: 'existing',
      user,
      differences: ['displayName'],
    });
    expect(JSON.parse(body)).toEqual({
      specversion: '1.0',
      id: completed(delivery).id,
      source: 'urn:usher:test',
      type: 'user.completed.v1',
      time: '2026-11-21T10:00:00.000Z',
      datacontenttype: 'application/json',
      ...envelope,
      causationid: 'r-1',
      data: {
        request: { id: 'r-1', source: 'urn:signup', time: '2026-11-21t09:00:00+01:00' },
        provider: 'fireworks',
        connection: 'default',
        result: 'existing',
        user,
        differences: ['displayName'],
        attempts: 2,
      },
    });
    expect(attributes).toEqual({ type: 'user.completed.v1', provider: 'fireworks' });
  });

  test.each(['subject', 'correlationid', 'traceparent', 'tracestate'])(
    'leaves out what the producer sent along where that is too large for SQS, such as a %s of a mebibyte',
    (attribute) => {
      const request = fireworksRequest({ [attribute]: 'x'.repeat(MAX_MESSAGE_BYTES) });
      const { body, attributes } = completedMessage(deliveryOf(request));
      expect(messageBytes(body, attributes)).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
      expect(completedSchema.parse(JSON.parse(body))).toMatchObject({
        correlationid: 'r-1',
        data: { result: 'created' },
      });
    },
  );

  test('keeps what the producer sent along where all just fits into what SQS allows', () => {
    const messageWith = (tracestate: string) =>
      completedMessage(deliveryOf(fireworksRequest({ tracestate })));
    const { body, attributes } = messageWith('x');
    const room = MAX_MESSAGE_BYTES - messageBytes(body, attributes);
    expect(JSON.parse(messageWith('x'.repeat(1 + room)).body)).toHaveProperty('tracestate');
    expect(JSON.parse(messageWith('x'.repeat(2 + room)).body)).not.toHaveProperty('tracestate');
  });

  test('leaves out what the request does not state, and correlates by its id', () => {
    const event = completed(deliveryOf(vectaraRequest()));
    expect(event).toMatchObject({ correlationid: 'r-1', causationid: 'r-1' });
    for (const member of ['subject', 'traceparent', 'tracestate']) expect(event).not.toHaveProperty(member);
    expect(event.data.request).toEqual({ id: 'r-1', source: 'urn:signup' });
    expect(event.data.user).toEqual({ id: 'usr_1' });
  });

  test.each([null, ''])(
    'leaves out what the request leaves out by %j, and correlates by its id',
    (nothing) => {
      const attributes = {
        subject: nothing,
        correlationid: nothing,
        traceparent: nothing,
        tracestate: nothing,
      };
      const event = completed(deliveryOf(vectaraRequest({ ...attributes, time: nothing })));
      expect(event).toMatchObject({ correlationid: 'r-1', causationid: 'r-1' });
      for (const member of ['subject', 'traceparent', 'tracestate']) expect(event).not.toHaveProperty(member);
      expect(event.data.request).toEqual({ id: 'r-1', source: 'urn:signup' });
    },
  );

  test('answers a request whose data came in base64', () => {
    const encoded = Buffer.from('{"provider":"vectara","connection":"eu","user":{"email":"a@b"}}').toString(
      'base64',
    );
    const { data } = completed(deliveryOf(requestOf(undefined, { data_base64: encoded })));
    expect(data).toMatchObject({ provider: 'vectara', connection: 'eu' });
  });

  test('tells nothing of the user but what the provider calls it by', () => {
    const told = { email: 'canary@example.com', displayName: 'Canary', userId: 'ada' };
    expect(JSON.stringify(completed(deliveryOf(fireworksRequest({}, told))))).not.toMatch(/canary/i);
  });
});

describe('A dead letter', () => {
  test('says what the contract has it say', () => {
    const request = vectaraRequest({ ...envelope, tenant: null, data: { provider: 'vectara', odd: [] } });
    const told = {
      httpStatus: 409,
      providerCode: 'ALREADY_EXISTS',
      providerRequestId: 'req-1',
      issues: [{ path: 'data.user.email', message: 'is taken' }],
      differences: ['api_roles'],
      remote: 'unknown' as const,
    };
    const delivery = deliveryOf(request, { receives: 3 });
    const letter = { code: 'user_conflict', message: 'It exists.', told, remote: 'present' } as const;
    const { body, attributes } = deadLetterMessage(delivery, letter);
    expect(JSON.parse(body)).toEqual({
      specversion: '1.0',
      id: uuidOf('urn:signup', 'r-1', 'user.dead_lettered.v1', 0),
      source: 'urn:usher:test',
      type: 'user.dead_lettered.v1',
      time: '2026-11-21T10:00:00.000Z',
      datacontenttype: 'application/json',
      ...envelope,
      causationid: 'r-1',
      data: {
        request,
        provider: 'vectara',
        connection: 'default',
        failure: {
          code: 'user_conflict',
          message: 'It exists.',
          exhausted: false,
          httpStatus: 409,
          providerCode: 'ALREADY_EXISTS',
          providerRequestId: 'req-1',
          issues: [{ path: 'data.user.email', message: 'is taken' }],
          differences: ['api_roles'],
        },
        remote: 'present',
        attempts: 3,
        origin: {
          queueArn: requestsArn,
          messageId,
          sentAt: '2026-09-21T14:13:20.000Z',
          firstReceivedAt: '2026-09-21T14:13:21.000Z',
        },
        redrives: 0,
      },
    });
    expect(attributes).toEqual({ type: 'user.dead_lettered.v1', provider: 'vectara', code: 'user_conflict' });
  });

  test('has only what is always there where nothing else is known', () => {
    const attributes = { SentTimestamp: '', ApproximateFirstReceiveTimestamp: '' };
    const { body } = deadLetterMessage(deliveryOf('hello', { attributes }), { exhausted: true });
    expect(JSON.parse(body)).toEqual({
      specversion: '1.0',
      id: uuidOf(requestsArn, messageId, 'user.dead_lettered.v1', 0),
      source: 'urn:usher:test',
      type: 'user.dead_lettered.v1',
      time: '2026-11-21T10:00:00.000Z',
      datacontenttype: 'application/json',
      data: {
        body: 'hello',
        failure: { code: 'unexpected', message: 'It failed.', exhausted: true },
        remote: 'unknown',
        attempts: 1,
        origin: { queueArn: requestsArn, messageId },
        redrives: 0,
      },
    });
  });

  test.each<readonly [string, object]>([
    ['a subject with @', { subject: 'ada@example.com' }],
    ['a subject that is no text', { subject: 5 }],
    ['a traceparent that is no text', { traceparent: {} }],
    ['a tracestate that is no text', { tracestate: [] }],
    ['a correlationid that is no text', { correlationid: 7 }],
    ['an id that is too long', { id: 'x'.repeat(256) }],
    ['a correlationid with a control character', { correlationid: 'a\u0000' }],
    ['a tracestate with a line break', { tracestate: 'a\nb' }],
    ['a traceparent that is empty', { traceparent: '' }],
    ['a subject that is null', { subject: null }],
  ])('does not pass on %s but in the request', (_, wrong) => {
    const { data, ...event } = deadLettered(deliveryOf(fireworksRequest(wrong)));
    expect(data.request).toMatchObject(wrong);
    for (const [name, value] of Object.entries(wrong)) expect(event).not.toHaveProperty(name, value);
  });

  test('names the provider in its attributes only where there is such a provider', () => {
    const attributesOf = (data: unknown) => deadLetterMessage(deliveryOf(requestOf(data))).attributes;
    expect(attributesOf({ provider: 'fireworks' })).toHaveProperty('provider', 'fireworks');
    for (const data of [{ provider: 'x' }, { provider: 'toString' }, { provider: 5 }, {}, null]) {
      expect(attributesOf(data)).toEqual({ type: 'user.dead_lettered.v1', code: 'unexpected' });
    }
  });

  test('holds a request whose data came in base64 as it was received', () => {
    const encoded = Buffer.from('{"provider":"vectara","connection":"eu"}').toString('base64');
    const event = requestOf(undefined, { data_base64: encoded });
    const { body, attributes } = deadLetterMessage(deliveryOf(event));
    expect(JSON.parse(body).data).toMatchObject({ provider: 'vectara', connection: 'eu' });
    expect(JSON.parse(body).data.request).toEqual(JSON.parse(JSON.stringify(event)));
    expect(attributes).toHaveProperty('provider', 'vectara');
  });

  test.each([
    [99, undefined],
    [100, 100],
    [599, 599],
    [600, undefined],
    [0, undefined],
    [-1, undefined],
  ])('tells the HTTP status %i as %j', (httpStatus, told) => {
    expect(deadLettered(deliveryOf('x'), { told: { httpStatus } }).data.failure.httpStatus).toBe(told);
  });

  test('leaves out lists that are empty', () => {
    const { failure } = deadLettered(deliveryOf('x'), { told: { issues: [], differences: [] } }).data;
    expect(failure).not.toHaveProperty('issues');
    expect(failure).not.toHaveProperty('differences');
  });

  test('holds the first body again when it comes back and fails again, and counts up', () => {
    let delivery = deliveryOf('not JSON');
    for (let redrives = 0; redrives < 3; redrives++) {
      const { body } = deadLetterMessage(delivery, { remote: 'absent' });
      expect(JSON.parse(body).data).toMatchObject({ body: 'not JSON', redrives });
      delivery = deliveryOf(body);
    }
  });

  test('holds the request as it was received, comes back as the same, and fits its schema, always', () => {
    const members = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(members, fc.constantFrom(...failureCodes()), (more, code) => {
        const event = JSON.parse(JSON.stringify({ ...fireworksRequest(), ...more }));
        const { body } = deadLetterMessage(deliveryOf(event), { code });
        expect(deadLetteredSchema.safeParse(JSON.parse(body)).error).toBeUndefined();
        expect(JSON.parse(body).data.request).toEqual(event);
        expect(deliveryOf(body)).toMatchObject({ event, redrives: 1 });
      }),
    );
  });
});

describe('A number in a request', () => {
  const numbers = [
    '1.0',
    '1e400',
    '-1e400',
    '12345678901234567890',
    '-0',
    '0.10',
    '1E2',
    '1e-7',
    '5',
    '0',
    '-1.5',
  ];
  const list = `[${numbers.join(',')}]`;
  const request = `{"specversion":"1.0","n":${list},"data":{"__proto__":{"n":1.0},"text":"1.0 \\"2.0, \\\\","n":${list}}}`;
  const told = (body: string) => {
    const message = deadLetterMessage(deliveryOf(body), { code: 'invalid_event' });
    expect(message.body).toContain('"data":{"request":');
    return message.body;
  };

  test('is told digit for digit', () => {
    expect(told(request)).toContain(`"request":${request},`);
  });

  test.each<readonly [string, (body: string) => string]>([
    ['a notification', (body) => JSON.stringify(notificationOf(body))],
    ['an EventBridge event', (body) => `{"detail-type":"x","detail":${body}}`],
    [
      'a dead letter',
      (body) => `{"specversion":"1.0","type":"user.dead_lettered.v1","data":{"request":${body}}}`,
    ],
    ['the body of a dead letter', (body) => JSON.stringify(deadLetterOf({ body }))],
    ['its own dead letter', (body) => told(body)],
  ])('is told digit for digit out of %s, and out of three', (_, wrap) => {
    expect(told(wrap(request))).toContain(`"request":${request},`);
    expect(told(wrap(wrap(wrap(request))))).toContain(`"request":${request},`);
  });

  test('is told digit for digit as what EventBridge carries', () => {
    expect(told(`{"detail-type":"x","id":1.0,"detail":${list}}`)).toContain(
      `"id":1.0,"type":"x","data":${list}}`,
    );
  });

  test('stays a number where an object or a text would be a wrapping', () => {
    for (const member of ['request', 'body']) {
      const event = `{"type":"user.dead_lettered.v1","data":{"${member}":1.0}}`;
      expect(told(event)).toContain(`"request":${event},`);
    }
    expect(told('{"Type":"Notification","Message":1.0}')).toContain(
      '"request":{"Type":"Notification","Message":1.0},',
    );
    expect(deadLettered(deliveryOf('1.0')).data.body).toBe('1.0');
  });

  test('is told digit for digit, whatever the request', () => {
    const number = fc.oneof(
      fc.constantFrom(...numbers),
      fc.stringMatching(/^-?(0|[1-9]\d{0,25})(\.\d{1,25})?([eE][+-]?\d{1,3})?$/),
    );
    const { value } = fc.letrec<{ value: string }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        number,
        fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
        fc.array(tie('value')).map((members) => `[${members.join(',')}]`),
        fc.array(tie('value')).map((members) => `{${members.map((one, at) => `"k${at}":${one}`).join(',')}}`),
      ),
    }));
    fc.assert(
      fc.property(value, (data) => {
        const event = `{"specversion":"1.0","data":${data}}`;
        const expected = event.replace(/\uFFFE/g, '\\ufffe').replace(/\uFFFF/g, '\\uffff');
        expect(told(event)).toContain(`"request":${expected},`);
      }),
      { numRuns: 500 },
    );
  });
});

function failureCodes(): FailureCode[] {
  return Object.keys(FAILURES).filter((code): code is FailureCode => Object.hasOwn(FAILURES, code));
}

/** A body of exactly so many bytes that holds a request whose dead letter is larger. */
function requestOfBytes(bytes: number): string {
  const without = JSON.stringify(fireworksRequest({ padding: '' }));
  return JSON.stringify(fireworksRequest({ padding: 'x'.repeat(bytes - without.length) }));
}

function sizeOf({ body, attributes }: OutcomeMessage): number {
  let bytes = new TextEncoder().encode(body).length;
  for (const [name, value] of Object.entries(attributes)) {
    const type = typeof value === 'number' ? 'Number' : 'String';
    bytes += new TextEncoder().encode(name + type + value).length;
  }
  return bytes;
}

describe('The size of a dead letter', () => {
  const overhead = sizeOf(deadLetterMessage(deliveryOf(requestOfBytes(1000)))) - 1000;
  const fitting = 1_048_576 - overhead;

  test('may be what SQS allows, to the byte, attributes included', () => {
    const message = deadLetterMessage(deliveryOf(requestOfBytes(fitting)));
    expect(sizeOf(message)).toBe(1_048_576);
    expect(outcomeSchema.safeParse(JSON.parse(message.body)).success).toBe(true);
  });

  test('is counted in bytes, not in characters', () => {
    const letter = { message: 'ü🚀\u0001"'.repeat(20) };
    const message = deadLetterMessage(deliveryOf(fireworksRequest({ tenant: '🌍' })), letter);
    expect(messageBytes(message.body, message.attributes)).toBe(sizeOf(message));
  });

  test('makes the body go on unchanged, with attributes, one byte above that', () => {
    const body = requestOfBytes(fitting + 1);
    const delivery = deliveryOf(body, { redrives: '3' });
    expect(deadLetterMessage(delivery, { code: 'user_conflict', message: 'It exists.' })).toEqual({
      body,
      attributes: {
        type: 'user.dead_lettered.v1',
        provider: 'fireworks',
        code: 'user_conflict',
        message: 'It exists.',
        outcomeid: uuidOf('urn:signup', 'r-1', 'user.dead_lettered.v1', 4),
        redrives: 4,
      },
    });
  });

  test('makes the body go on unchanged, wrappings and all', () => {
    const body = JSON.stringify(notificationOf(requestOfBytes(fitting + 1)));
    expect(deadLetterMessage(deliveryOf(body)).body).toBe(body);
  });

  test('gives a raw dead letter another id each time that it is redriven, and counts up', () => {
    // Its body is a dead letter itself, which tells a count of its own.
    const body = JSON.stringify(
      deadLetterOf({ request: JSON.parse(requestOfBytes(fitting + 1)), redrives: 2 }),
    );
    let redrives: string | undefined;
    for (const expected of [3, 4, 5]) {
      const message = deadLetterMessage(deliveryOf(body, { redrives }));
      expect(message).toMatchObject({ body, attributes: { redrives: expected } });
      expect(message.attributes.outcomeid).toBe(
        uuidOf('urn:signup', 'r-1', 'user.dead_lettered.v1', expected),
      );
      redrives = String(message.attributes.redrives);
    }
  });

  test('makes a body that is no event go on unchanged', () => {
    const body = '"'.repeat(600_000);
    const { attributes, ...message } = deadLetterMessage(deliveryOf(body), { code: 'invalid_event' });
    expect(message.body).toBe(body);
    expect(attributes).toMatchObject({ code: 'invalid_event', redrives: 0 });
    expect(attributes).not.toHaveProperty('provider');
  });

  test.each([
    ['256 characters as they are', 'x'.repeat(256), 'x'.repeat(256)],
    ['256 characters of a longer one', 'x'.repeat(257), `${'x'.repeat(255)}…`],
    ['256 characters of two code units as they are', '🚀'.repeat(256), '🚀'.repeat(256)],
    ['256 characters of a longer one of these', '🚀'.repeat(300), `${'🚀'.repeat(255)}…`],
    ['no character that SQS refuses', 'a\u0000b\uFFFEc\uFFFFd\nä', 'a\uFFFDb\uFFFDc\uFFFDd\uFFFDä'],
    ['no half character', 'half \uD83D', 'half \uFFFD'],
  ])('leaves of the message %s', (_, message, told) => {
    expect(deadLetterMessage(deliveryOf('"'.repeat(600_000)), { message }).attributes.message).toBe(told);
  });

  test('costs attributes in the order of the contract, each only when it has to go', () => {
    const order = ['message', 'outcomeid', 'redrives', 'provider', 'type', 'code'];
    const full = deadLetterMessage(deliveryOf(requestOfBytes(fitting + 1))).attributes;
    const weight = (name: string) => sizeOf({ body: '', attributes: { [name]: full[name] ?? '' } });
    const body = (bytes: number) => deliveryOf(requestOfBytes(1_048_576 - bytes));
    for (let kept = 0; kept <= order.length; kept++) {
      const names = order.slice(order.length - kept);
      const bytes = names.reduce((sum, name) => sum + weight(name), 0);
      const { attributes } = deadLetterMessage(body(bytes));
      expect(Object.keys(attributes).sort()).toEqual([...names].sort());
      if (kept === 0) continue;
      const tighter = deadLetterMessage(body(bytes - 1)).attributes;
      expect(Object.keys(tighter).sort()).toEqual(names.slice(1).sort());
    }
  });

  test('never exceeds the limit, whatever the body', () => {
    fc.assert(
      fc.property(fc.integer({ min: fitting - 300, max: 1_048_576 }), (bytes) => {
        expect(sizeOf(deadLetterMessage(deliveryOf(requestOfBytes(bytes))))).toBeLessThanOrEqual(1_048_576);
      }),
      { numRuns: 20 },
    );
    expect(MAX_MESSAGE_BYTES).toBe(1_048_576);
  });
});

describe('A body that is hard to write', () => {
  test.each([
    ['an attribute', (deep: string) => `{"specversion":"1.0","id":"r-1","source":"s","x":${deep}}`],
    ['a number', (deep: string) => `{"specversion":"1.0","id":"r-1","source":"s","n":1.0,"x":${deep}}`],
    ['the data', (deep: string) => `{"specversion":"1.0","id":"r-1","source":"s","data":${deep}}`],
  ])('goes on as it is where %s nests too deep', (_, event) => {
    const body = event('['.repeat(200_000) + ']'.repeat(200_000));
    const message = deadLetterMessage(deliveryOf(body), { code: 'invalid_event' });
    expect(message).toMatchObject({ body, attributes: { code: 'invalid_event', redrives: 0 } });
    expect(message.attributes.outcomeid).toBe(uuidOf('s', 'r-1', 'user.dead_lettered.v1', 0));
  });

  test('stays the same JSON without a character that SQS refuses', () => {
    const strange = fc.constantFrom(
      '\uFFFE',
      '\uFFFF',
      '\u0000',
      '\u0008',
      '\uD83D',
      '\uDE80',
      '🚀',
      '\\',
      '"',
    );
    const text = fc.array(fc.oneof(strange, fc.string())).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.dictionary(text, text), (value) => {
        const body = toBody(value);
        // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
        expect(body).toMatch(/^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u);
        expect(JSON.parse(body)).toEqual(value);
      }),
    );
  });

  test('keeps noncharacters of a request through a dead letter and back', () => {
    const event = fireworksRequest({ '\uFFFE': 'a\uFFFFb\uD83D' });
    expect(deliveryOf(deadLetterMessage(deliveryOf(event)).body).event).toEqual(event);
  });
});

describe('The schemas of the outcomes', () => {
  const completion: unknown = JSON.parse(
    completedMessage(deliveryOf(fireworksRequest(envelope)), {
      ...created,
      user: { id: 'u', username: 'n', state: 's', createdAt: 'c' },
    }).body,
  );
  const told = { issues: [{ path: '', message: 'm' }], differences: ['role'], httpStatus: 409 };
  const letter: unknown = JSON.parse(
    deadLetterMessage(deliveryOf(fireworksRequest(envelope)), { told }).body,
  );
  const alwaysThere = {
    completion: [
      ...['specversion', 'id', 'source', 'type', 'time', 'datacontenttype', 'correlationid', 'causationid'],
      ...['data', 'data.request', 'data.request.id', 'data.request.source', 'data.provider'],
      ...['data.connection', 'data.result', 'data.user', 'data.user.id', 'data.differences', 'data.attempts'],
    ],
    letter: [
      ...['specversion', 'id', 'source', 'type', 'time', 'datacontenttype', 'data', 'data.request'],
      ...['data.failure', 'data.failure.code', 'data.failure.message', 'data.failure.exhausted'],
      ...['data.failure.issues.0.path', 'data.failure.issues.0.message', 'data.remote', 'data.attempts'],
      ...['data.origin', 'data.origin.queueArn', 'data.origin.messageId', 'data.redrives'],
    ],
  };
  const accepts = (value: unknown) => outcomeSchema.safeParse(value).success;

  test.each([
    ['a completion', completion, alwaysThere.completion],
    ['a dead letter', letter, alwaysThere.letter],
  ])('want of %s every member that is always there, and only these', (_, event, required) => {
    expect(accepts(event)).toBe(true);
    const members = pathsIn(event).filter((path) => !/\.\d+$/.test(path));
    const missed = members.filter((path) => !accepts(changed(event, path, undefined)));
    expect(missed.sort()).toEqual([...required].sort());
  });

  test.each([
    ['a completion', completion],
    ['a dead letter', letter],
  ])('refuse %s with null for any member of ours', (_, event) => {
    const paths = pathsIn(event).filter((path) => event === completion || !path.startsWith('data.request.'));
    for (const path of paths) expect([path, accepts(changed(event, path, null))]).toEqual([path, false]);
  });

  test.each([
    ['a completion', completion],
    ['a dead letter', letter],
  ])('refuse %s with an unknown member in any object of ours', (_, event) => {
    const objects = ['', 'data', 'data.user', 'data.failure', 'data.origin', 'data.failure.issues.0'];
    for (const path of objects.filter((name) => name === '' || pathsIn(event).includes(name))) {
      const place = path === '' ? 'nickname' : `${path}.nickname`;
      expect([place, accepts(changed(event, place, 1))]).toEqual([place, false]);
    }
  });

  test.each([
    ['no receives', 'data.attempts', 0],
    ['another result', 'data.result', 'made'],
    ['an id of the request that is too long', 'data.request.id', 'x'.repeat(256)],
    ['a request time that is none', 'data.request.time', 'now'],
    ['an invalid connection', 'data.connection', 'EU'],
    ['a user without a name', 'data.user.id', ''],
    ['the type of a dead letter', 'type', 'user.dead_lettered.v1'],
  ])('refuse a completion with %s', (_, path, value) => {
    expect(accepts(changed(completion, path, value))).toBe(false);
  });

  test.each([
    ['another UUID', 'id', '97b613a1-ad31-4497-9aef-2ffb1f71dece'],
    ['a subject with @', 'subject', 'a@b'],
    ['a local time', 'time', '2026-11-21T10:00:00+01:00'],
    ['an unknown code', 'data.failure.code', 'toString'],
    ['another remote', 'data.remote', 'maybe'],
    ['no receives', 'data.attempts', 0],
    ['half a redrive', 'data.redrives', 0.5],
    ['a body beside the request', 'data.body', 'x'],
    ['an HTTP status that is none', 'data.failure.httpStatus', 42],
    ['more than a hundred issues', 'data.failure.issues', Array(101).fill({ path: '', message: 'm' })],
    ['a control character in its tracestate', 'tracestate', 'a\nb'],
  ])('refuse a dead letter with %s', (_, path, value) => {
    expect(accepts(changed(letter, path, value))).toBe(false);
  });
});

/** The dotted path of every member of a JSON value. */
function pathsIn(value: unknown, path = ''): string[] {
  if (!isObject(value) && !Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    const here = path === '' ? key : `${path}.${key}`;
    return [here, ...pathsIn(member, here)];
  });
}

/** A copy with another value at a dotted path; undefined removes it. */
function changed(event: unknown, path: string, value: unknown): unknown {
  const copy: unknown = structuredClone(event);
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const place = keys.reduce((at: unknown, key) => (isIndexed(at) ? at[key] : undefined), copy);
  if (!isIndexed(place)) throw new Error(`There is no ${path}`);
  if (value === undefined) delete place[last];
  else place[last] = value;
  return copy;
}

function isIndexed(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
