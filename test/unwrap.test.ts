import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { remoteBefore } from '../lib/events/delivery.ts';
import { DEAD_LETTERED } from '../lib/events/types.ts';
import { type Received, unwrap } from '../lib/events/unwrap.ts';
import {
  busEventOf,
  deadLetterOf,
  deliveryOf,
  fireworksRequest,
  messageId,
  notificationOf,
  type RecordOptions,
  requestOf,
  requestsArn,
} from './deliveries.ts';

const request = fireworksRequest({ 'com.example.trace': { kept: [1, null] }, tenant: 'x' });

function received(value: unknown, redrives?: string): Received {
  return unwrap(JSON.stringify(value), redrives);
}

type Wrapper = (value: unknown) => unknown;

const wrappers: readonly Wrapper[] = [
  notificationOf,
  (value) => busEventOf('anything', value),
  (value) => deadLetterOf({ request: value, redrives: 0, remote: 'absent' }),
  (value) => deadLetterOf({ body: JSON.stringify(value), redrives: 0, remote: 'absent' }),
];

/** Every way to wrap a value so many times, the innermost wrapping first. */
function chains(depth: number): Wrapper[][] {
  if (depth === 0) return [[]];
  return chains(depth - 1).flatMap((chain) => wrappers.map((wrapper) => [...chain, wrapper]));
}

function wrap(value: unknown, chain: readonly Wrapper[]): unknown {
  return chain.reduce((inner, wrapper) => wrapper(inner), value);
}

describe('A request', () => {
  test('is taken as it is where it arrives bare', () => {
    expect(received(request)).toMatchObject({ event: request, redrives: 0 });
  });

  test('is found in an SNS notification without raw delivery', () => {
    expect(received(notificationOf(request)).event).toEqual(request);
  });

  test('is made of an EventBridge event: its detail is the data; its id, source and time stay', () => {
    expect(received(busEventOf('user.requested.v1', request.data)).event).toEqual({
      specversion: '1.0',
      id: 'bus-1',
      source: 'com.example.signup',
      type: 'user.requested.v1',
      time: '2026-11-21T10:00:00Z',
      data: request.data,
    });
  });

  test('is found whole in the detail of an EventBridge event, whose own attributes do not count', () => {
    expect(received(busEventOf('anything', request)).event).toEqual(request);
  });

  test('may carry its data in base64 in there', () => {
    const encoded = Buffer.from(JSON.stringify(request.data)).toString('base64');
    const event = fireworksRequest({ data: undefined, data_base64: encoded });
    const delivery = deliveryOf(busEventOf('anything', event));
    expect(delivery.event).toEqual(event);
    expect(delivery.facts).toMatchObject({ provider: 'fireworks', connection: 'default' });
  });

  test.each([0, 1, 2, 3])('is found under %i wrappings, whichever they are', (depth) => {
    for (const chain of chains(depth)) expect(received(wrap(request, chain)).event).toEqual(request);
  });

  test.each([4, 5])('is not looked for under %i wrappings, whichever they are', (depth) => {
    for (const chain of chains(depth)) {
      const { event } = received(wrap(request, chain));
      expect(event).toEqual(wrap(request, chain.slice(0, depth - 3)));
      expect(event).not.toHaveProperty('data.provider');
    }
  });

  test('that EventBridge carries as data counts as one wrapping more', () => {
    const asBusEvent = busEventOf('user.requested.v1', request.data);
    expect(received(wrap(asBusEvent, [notificationOf, notificationOf])).event).toMatchObject({ id: 'bus-1' });
    expect(received(wrap(asBusEvent, [notificationOf, notificationOf, notificationOf])).event).toEqual(
      asBusEvent,
    );
  });

  test('keeps unknown attributes, whatever their names and values', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (more) => {
        const event = JSON.parse(JSON.stringify({ ...more, ...request }));
        expect(received(notificationOf(event)).event).toEqual(event);
      }),
    );
  });
});

describe('What only looks like a wrapping', () => {
  test.each<[string, object]>([
    ['a notification without a message', { Type: 'Notification' }],
    ['a notification whose message is no text', { Type: 'Notification', Message: request }],
    ['another SNS message', { Type: 'SubscriptionConfirmation', Message: JSON.stringify(request) }],
    ['an EventBridge event without a detail', { 'detail-type': 'user.requested.v1', id: '1' }],
    ['an EventBridge event whose type is no text', { 'detail-type': 1, detail: request }],
    ['a CloudEvent with the members of a notification', { ...request, ...notificationOf('{}') }],
    [
      'a CloudEvent with the members of an EventBridge event',
      { ...request, 'detail-type': 'x', detail: { specversion: '1.0' } },
    ],
    [
      'another event that tells of a request',
      { ...deadLetterOf({ request, body: 'x' }), type: 'user.completed.v1' },
    ],
    ['a dead-letter event with neither request nor body', deadLetterOf({ redrives: 3 })],
    ['a dead-letter event whose request is no object', deadLetterOf({ request: 'x', redrives: 3 })],
    ['a dead-letter event without data', { ...deadLetterOf({}), data: null }],
    ['an event whose detail is no object, but has no type either', { detail: [] }],
  ])('%s is the event itself', (_, value) => {
    expect(received(value)).toMatchObject({ event: value, redrives: 0 });
  });
});

describe('A redrive', () => {
  const dead = (more: object) => deadLetterOf({ request, ...more });

  test.each<[string, unknown, string | undefined, number]>([
    ['nothing', request, undefined, 0],
    ['a dead letter', dead({ redrives: 0 }), undefined, 1],
    ['a dead letter that was redriven before', dead({ redrives: 4 }), undefined, 5],
    ['a dead letter in a notification', notificationOf(dead({ redrives: 4 })), undefined, 5],
    ['a dead letter that tells no count', dead({}), undefined, 1],
    ['a raw dead letter', request, '0', 1],
    ['a raw dead letter that was redriven before', request, '7', 8],
    ['a raw dead letter whose body is not JSON', 'nonsense', '7', 8],
    ['a dead letter and a lower attribute', dead({ redrives: 7 }), '2', 8],
    ['a dead letter and a higher attribute', dead({ redrives: 2 }), '7', 8],
    ['a dead letter and an attribute that is none', dead({ redrives: 2 }), 'x', 3],
    [
      'two dead letters, the outer one lower',
      deadLetterOf({ request: dead({ redrives: 4 }), redrives: 1 }),
      undefined,
      5,
    ],
    [
      'two dead letters, the inner one lower',
      deadLetterOf({ request: dead({ redrives: 1 }), redrives: 4 }),
      undefined,
      5,
    ],
    ['two dead letters that tell no count', deadLetterOf({ request: dead({}) }), undefined, 1],
    ['two dead letters in one, and the attribute', deadLetterOf({ request: dead({ redrives: 3 }) }), '2', 4],
    ['a dead letter that tells no count, and the attribute', dead({}), '7', 8],
    ['a dead letter whose count is nonsense, and the attribute', dead({ redrives: -1 }), '7', 8],
  ])('counts up after %s', (_, value, attribute, redrives) => {
    expect(received(value, attribute).redrives).toBe(redrives);
  });

  test.each(['', 'x', '-1', '1.5', 'NaN', '1e999', '9007199254740991', '9007199254740993'])(
    'is not told by the attribute %j',
    (attribute) => {
      expect(received(request, attribute).redrives).toBe(0);
    },
  );

  test('is counted from nought where the dead letter tells a count that is none', () => {
    const nonsense: unknown[] = [null, true, [], [5], {}, 'x', -1, 1.5, 1e300, { toString: 1, valueOf: 1 }];
    for (const redrives of nonsense) expect(received(dead({ redrives })).redrives).toBe(1);
  });

  test('counts up each time that a raw dead letter comes back, whatever count its body tells', () => {
    const body = dead({ redrives: 2 });
    let redrives: string | undefined;
    for (const expected of [3, 4, 5, 6]) {
      redrives = String(received(body, redrives).redrives);
      expect(redrives).toBe(String(expected));
    }
  });
});

describe('A body without an event', () => {
  test.each([
    ['empty text', ''],
    ['text', 'hello'],
    ['broken JSON', '{"specversion":'],
    ['JSON after a byte order mark', '\uFEFF{}'],
    ['a JSON string', '"{}"'],
    ['a number', '5'],
    ['null', 'null'],
    ['an array', '[{"specversion":"1.0"}]'],
    ['a notification whose message is not JSON', JSON.stringify(notificationOf('hello'))],
    ['a notification whose message is an array', JSON.stringify(notificationOf([1]))],
  ])('is told as it was received: %s', (_, body) => {
    expect(unwrap(body)).toEqual({ event: undefined, body, redrives: 0 });
  });

  test.each(['hello', '', '[1]', JSON.stringify(notificationOf('hello'))])(
    'is told again as it first was, after a redrive: %j',
    (body) => {
      const dead = deadLetterOf({ body, redrives: 1, remote: 'absent' });
      for (const value of [dead, notificationOf(dead), busEventOf('anything', dead)]) {
        expect(received(value)).toEqual({ event: undefined, body, redrives: 2 });
      }
    },
  );

  test('is taken as if it had arrived bare after a redrive, so that what was mended in it counts', () => {
    const dead = deadLetterOf({ body: JSON.stringify(notificationOf(request)), redrives: 0 });
    expect(received(dead).event).toEqual(request);
  });
});

describe('Unwrapping', () => {
  const nested = (opening: string, closing: string, levels: number) =>
    `${opening.repeat(levels)}{}${closing.repeat(levels)}`;

  test.each([
    ['EventBridge events', '{"detail-type":"x","detail":', '}'],
    ['dead letters', '{"type":"user.dead_lettered.v1","data":{"request":', '}}'],
    ['arrays', '{"detail":[', ']}'],
  ])('undoes three and no more of a hundred thousand nested %s', (_, opening, closing) => {
    expect(unwrap(nested(opening, closing, 100_000)).event).toBeTypeOf('object');
  });

  test('never fails, whatever the body and the attribute', () => {
    const member = fc.constantFrom('specversion', 'type', 'data', 'request', 'body', 'redrives', 'toString');
    const busMember = fc.constantFrom('Type', 'Message', 'detail', 'detail-type', 'valueOf', '__proto__');
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 6 },
        fc.constantFrom(1, null, 'Notification', '{}', 'user.dead_lettered.v1', 'x'),
        fc.dictionary(fc.oneof(member, busMember), tie('value')),
        fc.array(tie('value')),
      ),
    }));
    fc.assert(
      fc.property(value, fc.option(fc.string(), { nil: undefined }), (anything, attribute) => {
        const { event, redrives } = received(anything, attribute);
        expect(event === undefined || typeof event === 'object').toBe(true);
        expect(Number.isSafeInteger(redrives) && redrives >= 0).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('A delivery', () => {
  test('tells where its message comes from', () => {
    expect(deliveryOf(request, { receives: 3 })).toMatchObject({
      messageId,
      queueArn: requestsArn,
      attempts: 3,
      sqsBody: JSON.stringify(request),
      sentAt: Date.UTC(2026, 8, 21, 14, 13, 20),
      firstReceivedAt: Date.UTC(2026, 8, 21, 14, 13, 21),
    });
  });

  test.each(['', 'x', '1e30'])('leaves out times that are not told, such as %j', (time) => {
    const attributes = { SentTimestamp: time, ApproximateFirstReceiveTimestamp: time };
    expect(deliveryOf(request, { attributes })).toMatchObject({
      sentAt: undefined,
      firstReceivedAt: undefined,
    });
  });

  test.each([
    ['Root=1-5759e988-bd862e3fe1be46a994272793', true],
    ['Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1', true],
    ['nonsense', false],
    ['Root=1-5759e988-bd862e3fe1be46a994272793x', false],
    [undefined, false],
  ])('hands on a trace that SQS takes, and no other: %s', (AWSTraceHeader, isTaken) => {
    const attributes = { ...(AWSTraceHeader && { AWSTraceHeader }) };
    expect(deliveryOf(request, { attributes }).traceHeader).toBe(isTaken ? AWSTraceHeader : undefined);
  });

  test('counts as the first where its receive count is not told', () => {
    expect(deliveryOf(request, { attributes: { ApproximateReceiveCount: '' } }).attempts).toBe(1);
  });

  test.each<[string, unknown, RecordOptions, string]>([
    ['absent on the first receive', request, {}, 'absent'],
    ['unknown from the second receive on', request, { receives: 2 }, 'unknown'],
    ['unknown after a redrive, whatever the dead letter knew', redriven('absent'), {}, 'unknown'],
    ['unknown after a redrive that did not know', redriven('unknown'), {}, 'unknown'],
    ['unknown after a raw dead letter', request, { redrives: '0' }, 'unknown'],
    [
      'unknown after a raw dead letter that had no room to count',
      request,
      { type: DEAD_LETTERED },
      'unknown',
    ],
    [
      'absent where the type attribute is the request’s own',
      request,
      { type: 'user.requested.v1' },
      'absent',
    ],
  ])('takes the user for %s, before it has looked', (_, body, options, remote) => {
    expect(remoteBefore(deliveryOf(body, options))).toBe(remote);
  });

  test('counts a raw dead letter that had no room to count as redriven once, unless its body tells more', () => {
    expect(deliveryOf(request, { type: DEAD_LETTERED }).redrives).toBe(1);
    expect(deliveryOf(redriven('absent', 4), { type: DEAD_LETTERED }).redrives).toBe(5);
  });

  test.each<[string, object, object]>([
    ['null', { subject: null, correlationid: null, traceparent: null, tracestate: null }, {}],
    ['an empty text', { subject: '', correlationid: '', traceparent: '', tracestate: '' }, {}],
    [
      'invalid',
      { id: 'a\nb', source: 'a\u0085', subject: 'a@b', correlationid: '\u0000' },
      { id: undefined },
    ],
    ['no text', { id: 1, source: {}, subject: [], correlationid: 5, traceparent: true }, { id: undefined }],
  ])('takes an attribute that is %s for left out', (_, attributes, more) => {
    const { facts } = deliveryOf({ ...request, ...attributes });
    expect(facts).toMatchObject({
      subject: undefined,
      correlationid: undefined,
      traceparent: undefined,
      tracestate: undefined,
      ...more,
    });
  });

  test('takes a connection that is null for the default one, and an invalid one for none', () => {
    const connectionOf = (connection: unknown) =>
      deliveryOf(requestOf({ provider: 'vectara', connection })).facts.connection;
    expect(connectionOf(null)).toBe('default');
    expect(connectionOf(undefined)).toBe('default');
    for (const wrong of ['', 'EU', 5]) expect(connectionOf(wrong)).toBeUndefined();
  });
});

function redriven(remote: string, redrives = 0) {
  return deadLetterOf({ request, redrives, remote });
}
