import { CloudEvent, HTTP, type Message } from 'cloudevents';
import { describe, expect, test } from 'vitest';
import { requestUser } from '../client/index.ts';
import { systemClock } from '../lib/clock.ts';
import { createOutcomes } from '../lib/events/outcomes.ts';
import { createRequestReader } from '../lib/events/request.ts';
import { providers } from '../lib/providers/index.ts';
import { Failure } from '../lib/records/failure.ts';
import { deliveryOf } from './deliveries.ts';

const read = createRequestReader(providers);
const data = { provider: 'vectara', user: { email: 'ada@example.com' } };
const made = new CloudEvent({
  id: 'ce-1',
  source: 'https://signup.example',
  type: 'user.requested.v1',
  data,
  subject: 'c-1',
  traceparent: '00-a-b-01',
});

/** In structured mode the body of the message is the event. */
const structured = (event: CloudEvent<unknown>) => String(HTTP.structured(event).body);

describe('An event that the cloudevents package has made', () => {
  const body = structured(made);
  test.for([
    ['bare', body],
    ['in a notification of SNS', JSON.stringify({ Type: 'Notification', Message: body })],
    [
      'whole in the detail of EventBridge',
      JSON.stringify({ 'detail-type': 'anything', source: 'signup', detail: JSON.parse(body) }),
    ],
    [
      'as an event of EventBridge itself',
      JSON.stringify({
        id: 'ce-1',
        source: 'https://signup.example',
        'detail-type': made.type,
        time: made.time,
        detail: made.data,
      }),
    ],
    [
      'with its data as bytes',
      structured(
        made.cloneWith({
          data: undefined,
          data_base64: Buffer.from(JSON.stringify(data)).toString('base64'),
        }),
      ),
    ],
  ] as const)('is taken %s', ([, text]) => {
    expect(read(deliveryOf(text))).toMatchObject({
      id: 'ce-1',
      source: 'https://signup.example',
      provider: { name: 'vectara' },
      user: { email: 'ada@example.com', username: 'ada@example.com' },
    });
  });
});

describe('The cloudevents package reads', () => {
  const receive = (body: string) => {
    const message: Message = { headers: { 'content-type': 'application/cloudevents+json' }, body };
    const event = HTTP.toEvent(message);
    if (!(event instanceof CloudEvent)) throw new Error('one event was expected');
    return event;
  };
  const outcomes = createOutcomes({ source: 'urn:usher:test', providers, clock: systemClock });
  const delivery = deliveryOf(structured(made));

  test('a completion', () => {
    const { body } = outcomes.completed(delivery, read(delivery), {
      result: 'created',
      user: { id: 'usr_1' },
      differences: [],
    });
    const event = receive(body);
    expect(event.validate()).toBe(true);
    expect(event).toMatchObject({
      type: 'user.completed.v1',
      causationid: 'ce-1',
      subject: 'c-1',
      traceparent: '00-a-b-01',
    });
  });

  test('a dead letter', () => {
    const failure = new Failure('provider_rejected', 'no');
    const { body } = outcomes.deadLettered(delivery, { failure, exhausted: false, remote: 'absent' });
    const event = receive(body);
    expect(event.validate()).toBe(true);
    expect(event).toMatchObject({
      type: 'user.dead_lettered.v1',
      data: { failure: { code: 'provider_rejected' } },
    });
  });

  test('a request that the client has built', () => {
    const event = receive(
      JSON.stringify(requestUser({ provider: 'fireworks', user: { email: 'ada@example.com' } })),
    );
    expect(event.validate()).toBe(true);
    expect(event.data).toEqual({ provider: 'fireworks', user: { email: 'ada@example.com' } });
  });
});
