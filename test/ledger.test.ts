import { describe, expect, it } from 'vitest';
import { createLedger, type Ledger } from '../cli/start/ledger.ts';
import { type Outcome, readCompletion, readDeadLetter } from '../cli/start/outcome.ts';
import { requestEvent } from './local-usher.ts';

const SOURCE = 'https://signup.example';

function completion(id: string, userId = 'user-1', provider = 'fireworks'): Outcome {
  const request = { id, source: SOURCE };
  return {
    result: 'created',
    body: '{}',
    isEvent: true,
    request,
    provider,
    userId,
    differences: [],
    attempts: 1,
  };
}

function deadLetter(messageId: string): Outcome {
  const failure = { code: 'role_not_allowed', message: 'no' };
  return { result: 'dead-lettered', body: '{}', isEvent: true, messageId, attempts: 1, ...failure };
}

function send(ledger: Ledger, ...ids: string[]): void {
  for (const [index, id] of ids.entries()) {
    const body = JSON.stringify(requestEvent(id, { provider: 'fireworks', user: {} }));
    ledger.sent({ number: index + 1, body }, `message-${index + 1}`, 0);
  }
}

const resultsIn = ({ entries }: Ledger) => entries.map(({ outcome }) => outcome?.result);

describe('The ledger', () => {
  it('gives each line its outcome: a completion by identity, a dead letter by message', () => {
    const ledger = createLedger(() => 250);
    send(ledger, 'a', 'b', 'c');
    expect(ledger.received(completion('b'))).toBe(true);
    expect(ledger.received(deadLetter('message-3'))).toBe(true);
    expect(resultsIn(ledger)).toEqual([undefined, 'created', 'dead-lettered']);
    expect(ledger.entries[1]).toMatchObject({ sentAt: 0, answeredAt: 250 });
    expect(ledger.isAnswered()).toBe(false);
    expect(ledger.received(completion('a'))).toBe(true);
    expect(ledger.isAnswered()).toBe(true);
    expect(ledger.counts()).toEqual({ sent: 3, completed: 2, deadLettered: 1, waiting: [] });
  });

  it('answers lines of one identity one after another', () => {
    const ledger = createLedger(() => 0);
    send(ledger, 'a', 'a');
    ledger.received(completion('a', 'first'));
    ledger.received(completion('a', 'second'));
    expect(ledger.entries.map(({ outcome }) => outcome)).toMatchObject([
      { userId: 'first' },
      { userId: 'second' },
    ]);
  });

  it('gives a completion to no line of another provider, whatever its identity', () => {
    const ledger = createLedger(() => 0);
    for (const [index, provider] of ['vectara', 'fireworks', 'vectara'].entries()) {
      const body = JSON.stringify(requestEvent('a', { provider, user: {} }));
      ledger.sent({ number: index + 1, body }, `message-${index + 1}`, 0);
    }
    ledger.received(completion('a', 'accounts/acme/users/a', 'fireworks'));
    ledger.received(completion('a', 'usr_1', 'vectara'));
    // The completion of line 1 was that of line 3.
    ledger.received(deadLetter('message-1'));
    expect(ledger.entries.map(({ outcome }) => outcome)).toMatchObject([
      { result: 'dead-lettered' },
      { userId: 'accounts/acme/users/a' },
      { userId: 'usr_1' },
    ]);
  });

  it.each([
    [7, '7'],
    ['', '""'],
    [{ a: [null] }, '{"a":[null]}'],
    [undefined, undefined],
    ['fine', 'fine'],
  ])('shows the id %j as %s', (id, shown) => {
    const ledger = createLedger(() => 0);
    ledger.sent({ number: 1, body: JSON.stringify({ id }) }, 'message-1', 0);
    expect(ledger.entries[0]?.shownId).toBe(shown);
  });

  it('shows no id that nests too deep to be written', () => {
    const ledger = createLedger(() => 0);
    const body = `{"id":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    ledger.sent({ number: 1, body }, 'message-1', 0);
    expect(ledger.entries[0]).toMatchObject({ number: 1, shownId: undefined });
  });

  it('moves a completion on when a dead letter names the line that took it', () => {
    const ledger = createLedger(() => 0);
    send(ledger, 'a', 'a');
    ledger.received(completion('a'));
    expect(ledger.received(deadLetter('message-1'))).toBe(true);
    expect(resultsIn(ledger)).toEqual(['dead-lettered', 'created']);
    expect(ledger.counts()).toMatchObject({ completed: 1, deadLettered: 1 });
  });

  it('counts no outcome twice, and lets the completion hold where a request has both', () => {
    const ledger = createLedger(() => 0);
    send(ledger, 'a', 'b');
    ledger.received(completion('a'));
    expect(ledger.received(completion('a'))).toBe(false);
    expect(ledger.received(deadLetter('message-1'))).toBe(false);
    expect(resultsIn(ledger)).toEqual(['created', undefined]);
    expect(ledger.isAnswered()).toBe(false);
  });

  it('keeps an outcome that comes before SQS has confirmed the send', () => {
    const ledger = createLedger(() => 0);
    expect(ledger.received(deadLetter('message-1'))).toBe(false);
    const early = ledger.sent({ number: 1, body: 'hello' }, 'message-1', 0);
    expect(early).toEqual([deadLetter('message-1')]);
    expect(resultsIn(ledger)).toEqual(['dead-lettered']);
  });

  it('knows what waits for another attempt until it is answered', () => {
    const ledger = createLedger(() => 0);
    send(ledger, 'a', 'b');
    ledger.handedBack('message-1', 'provider_unavailable');
    ledger.handedBack('message-1', 'secret_unavailable');
    expect(ledger.counts().waiting).toEqual(['secret_unavailable']);
    expect(ledger.entries[0]).toMatchObject({ waitsFor: 'secret_unavailable' });
    ledger.received(completion('a'));
    ledger.handedBack('message-1', 'secret_unavailable');
    expect(ledger.counts().waiting).toEqual([]);
  });

  it('knows what went back before SQS had confirmed the send', () => {
    const ledger = createLedger(() => 0);
    ledger.handedBack('message-1', 'provider_throttled');
    expect(ledger.counts().waiting).toEqual([]);
    send(ledger, 'a');
    expect(ledger.counts().waiting).toEqual(['provider_throttled']);
  });

  it('tells for how long nothing has happened', () => {
    let now = 0;
    const ledger = createLedger(() => now);
    for (const happens of [
      () => send(ledger, 'a'),
      () => ledger.handedBack('message-1', 'provider_throttled'),
      () => ledger.received(completion('a')),
    ]) {
      now += 100;
      expect(ledger.quietMs()).toBe(100);
      happens();
      expect(ledger.quietMs()).toBe(0);
    }
  });
});

describe('An outcome', () => {
  it('is found for a body that was sent on unchanged, by that body', () => {
    const ledger = createLedger(() => 0);
    const body = 'x'.repeat(1_048_000);
    ledger.sent({ number: 1, body: 'other' }, 'message-1', 0);
    ledger.sent({ number: 2, body }, 'message-2', 0);
    const text = (value: string) => ({ DataType: 'String', StringValue: value });
    const outcome = readDeadLetter({
      Body: body,
      MessageAttributes: { code: text('invalid_event'), message: text('no event'), outcomeid: text('1') },
    });
    expect(outcome).toMatchObject({ isEvent: false, code: 'invalid_event', message: 'no event' });
    expect(ledger.received(outcome)).toBe(true);
    expect(resultsIn(ledger)).toEqual([undefined, 'dead-lettered']);
  });

  it('has a reason of its own where a raw dead letter had no room for one', () => {
    const outcome = readDeadLetter({ Body: 'x', MessageAttributes: {} });
    expect(outcome).toMatchObject({
      isEvent: false,
      message: expect.stringContaining('no room for the reason'),
    });
  });

  it('is not read from a completions queue that holds something else', () => {
    expect(() => readCompletion({ Body: '{}' })).toThrow();
  });
});
