import { expect, test } from 'vitest';
import { createJournal } from '../cli/chaos/journal.ts';
import { findingsOf, reportOf } from '../cli/chaos/report.ts';
import { createTraffic } from '../cli/chaos/requests.ts';
import { type ChaosResult, concluded, findingsIn } from '../cli/chaos/result.ts';
import type { Finding } from '../cli/chaos/verdict.ts';

/** The result of a run with these findings, whose requests were sent and, half a second later, delivered. */
function resultWith(findings: readonly Finding[]): ChaosResult {
  let now = 1_000;
  const journal = createJournal(() => now);
  const { requests, messages } = createTraffic(1, 30);
  for (const { body } of messages) journal.ofRequest(body, 'sent to requests');
  now = 1_500;
  for (const { body } of messages) journal.ofRequest(body, 'delivered, receive 1');
  return {
    ...{ requests: 1_200, messages: 1_300, deliveries: 1_400, outcomes: 1_350, seed: 7, elapsedMs: 12_345 },
    calls: {
      ...{ users: 2_500, tokens: 40 },
      ...{ perRequest: { mean: 2.0833, most: 12 }, perDelivery: { mean: 1.7857 } },
    },
    kills: { userRequested: 20, requestExhausted: 3 },
    invocations: { cutShort: 11, timedOut: 0 },
    faults: { fireworks: { 'create: 401': 2 }, AWS: { 'GetSecretValue: denied': 0 } },
    distinctOutcomes: { completed: 1_000, deadLettered: { user_conflict: 200 }, both: 1 },
    ...concluded(findings, requests, journal),
  };
}

const lost = (id: string): Finding => ({ kind: 'lost', requests: [id], text: '0 outcomes for 1 messages' });

test('A chaos report has every figure', () => {
  const lines = reportOf(resultWith([lost('chaos-1')])).split('\n');
  expect(lines.map((line) => line.replace(/(?<=\S) {2,}/, ' | '))).toEqual([
    'requests | 1,200',
    'messages sent | 1,300',
    'deliveries | 1,400',
    'kills | 23 containers, 11 of them at work',
    'time-outs | 0 invocations',
    'calls of users | 2,500, and 40 of tokens',
    '  a request | 2.08 on average, 12 at most',
    '  a delivery | 1.79 on average',
    'faults injected | 2',
    '  fireworks create: 401 | 2',
    '  AWS GetSecretValue: denied | 0',
    'outcomes | 1,350, of which distinct 1,200',
    '  completed | 1,000',
    '  dead-lettered user_conflict | 200',
    '  both, of one request | 1',
    'lost | 1',
    'duplicate users | 0',
    'contradictory outcomes | 0',
    'too many calls | 0',
    'seed | 7',
    'elapsed | 12.3 s',
  ]);
});

test('What is wrong is told with the body of the request and all that happened to it', () => {
  const told = findingsOf(resultWith([lost('chaos-1')])).split('\n');
  expect(told[0]).toBe('lost: chaos-1: 0 outcomes for 1 messages');
  expect(told[1]).toMatch(/^ {2}chaos-1: \{"specversion":"1\.0","id":"chaos-1",/);
  expect(told[2]).toBe('    0.0 s sent to requests');
  expect(told.at(-1)).toBe('    0.5 s delivered, receive 1');
});

test('Only the first findings are told, and how many more there are', () => {
  const findings = Array.from({ length: 25 }, (_, index) => lost(`chaos-${index + 1}`));
  const result = resultWith(findings);
  expect(result.lost).toBe(25);
  expect(findingsOf(result)).toMatch(/chaos-20: .*\n/);
  expect(findingsOf(result)).not.toContain('chaos-21');
  expect(findingsOf(result)).toMatch(/\nand 5 more\.$/);
});

test('What is wrong with no request in particular is told without one', () => {
  const found: Finding = { kind: 'too many calls', requests: [], text: '2 searches after 1 conflicts' };
  expect(findingsOf(resultWith([found]))).toBe('too many calls: 2 searches after 1 conflicts');
});

test('Each kind of finding counts', () => {
  expect(findingsIn(resultWith([]))).toBe(0);
  for (const kind of ['lost', 'duplicate user', 'contradictory outcome', 'too many calls'] as const) {
    expect(findingsIn(resultWith([{ kind, requests: [], text: '' }]))).toBe(1);
  }
});
