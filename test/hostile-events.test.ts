import { expect, test } from 'vitest';
import type { Delivery } from '../lib/events/delivery.ts';
import { MAX_MESSAGE_BYTES, messageBytes } from '../lib/events/message.ts';
import { createOutcomes } from '../lib/events/outcomes.ts';
import { createRequestReader } from '../lib/events/request.ts';
import { providers } from '../lib/providers/index.ts';
import { asFailure, type Failure } from '../lib/records/failure.ts';
import { clockOf } from './clocks.ts';
import { busEventOf, deadLetterOf, deliveryOf, notificationOf, requestOf } from './deliveries.ts';

const readRequest = createRequestReader(providers);
const outcomes = createOutcomes({ source: 'urn:usher:test', providers, clock: clockOf() });

/** JSON texts, as large as a message allows or as deep, of what no request holds. */
const HOSTILE = {
  'many numbers': `[${'1,'.repeat(130_000)}1]`,
  'many nulls': `[${'null,'.repeat(130_000)}null]`,
  'many empty objects': `[${'{},'.repeat(130_000)}{}]`,
  'many members': `{${Array.from({ length: 60_000 }, (_, index) => `"k${index}":1`).join(',')}}`,
  'many entries with many members': `[${`{"a":1,"b":2,"c":3,"d":4},`.repeat(20_000)}{}]`,
  'as many entries as there may be, all wrong': `[${'{"a":1},'.repeat(999)}{"a":1}]`,
  'deep arrays': '['.repeat(200_000) + ']'.repeat(200_000),
  'deep objects': `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`,
  'a long text': `"${'x'.repeat(600_000)}"`,
  'a long name': `{"${'x'.repeat(600_000)}":1}`,
  'a long number': '1'.repeat(600_000),
} as const;

/** Where it stands: the event's JSON, with the hostile text in place of `HERE`. */
const PLACES = {
  data: requestOf('HERE'),
  'data.provider': requestOf({ provider: 'HERE' }),
  'data.connection': requestOf({ provider: 'vectara', connection: 'HERE', user: { email: 'a@b' } }),
  'data.user': requestOf({ provider: 'vectara', user: 'HERE' }),
  'data.user.email': requestOf({ provider: 'fireworks', user: { email: 'HERE' } }),
  'data.user.role': requestOf({ provider: 'fireworks', user: { email: 'a@b', role: 'HERE', userId: '-' } }),
  'data.user.api_roles': requestOf({ provider: 'vectara', user: { email: 'a@b', api_roles: 'HERE' } }),
  'data.user.corpus_roles': requestOf({ provider: 'vectara', user: { email: 'a@b', corpus_roles: 'HERE' } }),
  'data.user.unknown': requestOf({ provider: 'vectara', user: { email: 'a@b', unknown: 'HERE' } }),
  id: requestOf({ provider: 'vectara', user: { email: 'a@b' } }, { id: 'HERE' }),
  time: requestOf({ provider: 'vectara', user: { email: 'a@b' } }, { time: 'HERE' }),
  'an extension of an invalid event': requestOf({}, { tenant: 'HERE' }),
} as const;

const WAYS = {
  bare: (event: string) => event,
  'in a notification': (event: string) => JSON.stringify(notificationOf(event)),
  'in an EventBridge event': (event: string) =>
    JSON.stringify(busEventOf('x', 'HERE')).replace('"HERE"', event),
  'in a dead letter': (event: string) =>
    JSON.stringify(deadLetterOf({ request: 'HERE', redrives: 1 })).replace('"HERE"', event),
} as const;

function failureOf(delivery: Delivery): Failure {
  try {
    readRequest(delivery);
  } catch (error) {
    return asFailure(error);
  }
  throw new Error('It must not be valid');
}

/** The failure of a body, of which a dead letter that SQS takes can be made. */
function judged(body: string): Failure {
  const delivery = deliveryOf(body);
  const failure = failureOf(delivery);
  const message = outcomes.deadLettered(delivery, { failure, exhausted: false, remote: 'absent' });
  if (messageBytes(body, {}) <= MAX_MESSAGE_BYTES)
    expect(messageBytes(message.body, message.attributes)).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
  return failure;
}

const cases = Object.entries(PLACES).flatMap(([place, event]) =>
  Object.entries(HOSTILE).map(([what, json]) => [what, place, event, json] as const),
);

test.each(cases)('An event with %s for %s is invalid, and no defect', (_what, _place, event, json) => {
  const text = JSON.stringify(event).replace('"HERE"', () => json);
  const failure = judged(text);
  expect(failure.code).toBe('invalid_event');
  expect(failure.told.issues?.length).toBeLessThanOrEqual(100);
});

test.each(Object.entries(HOSTILE))(
  '%s in base64 for data make an event invalid, and no defect',
  (_, json) => {
    const event = requestOf(undefined, { data_base64: Buffer.from(json).toString('base64') });
    expect(judged(JSON.stringify(event)).code).toBe('invalid_event');
  },
);

test.each(Object.entries(WAYS))(
  'A role for each of 130,000 numbers is told once, by its path, %s',
  (_, wrap) => {
    const event = JSON.stringify(PLACES['data.user.api_roles']).replace('"HERE"', HOSTILE['many numbers']);
    const issues = [{ path: 'data.user.api_roles', message: 'must have at most 1000 entries' }];
    expect(judged(wrap(event)).told.issues).toEqual(issues);
  },
);

test.each([
  ['wrappings without end', notificationOf],
  [
    'text that is no base64',
    (event: unknown) => requestOf(undefined, { data_base64: JSON.stringify(event) }),
  ],
])('%s are judged like any event', (_, wrap) => {
  let body: unknown = requestOf({});
  for (let depth = 0; depth < 12; depth++) body = wrap(body);
  expect(judged(JSON.stringify(body)).code).toBe('invalid_event');
});
