import { printable, seconds, tableOf } from '../terminal/text.ts';
import { type ChaosResult, findingsIn, type Story } from './result.ts';
import type { Status } from './run.ts';

/** How far a run is. */
export function statusOf({ messages, sent, outcomes, deliveries, kills, faults }: Status): string {
  const shown = [
    `${number(sent)} of ${number(messages)} messages sent`,
    `${number(outcomes)} outcomes`,
    `${number(deliveries)} deliveries`,
    `${number(kills)} kills`,
    `${number(faults)} faults`,
  ];
  return shown.join(' · ');
}

/** Everything that a run has shown, for people. */
export function reportOf(result: ChaosResult): string {
  const { requests, messages, deliveries, calls, kills, invocations, outcomes, distinctOutcomes } = result;
  const { completed, deadLettered, both } = distinctOutcomes;
  const faults = Object.entries(result.faults);
  const lines = [
    ['requests', number(requests)],
    ['messages sent', number(messages)],
    ['deliveries', number(deliveries)],
    ['kills', `${number(sum(kills))} containers, ${number(invocations.cutShort)} of them at work`],
    ['time-outs', `${number(invocations.timedOut)} invocations`],
    ['calls of users', `${number(calls.users)}, and ${number(calls.tokens)} of tokens`],
    ['  a request', `${average(calls.perRequest.mean)} on average, ${number(calls.perRequest.most)} at most`],
    ['  a delivery', `${average(calls.perDelivery.mean)} on average`],
    ['faults injected', number(faults.reduce((total, [, kinds]) => total + sum(kinds), 0))],
    ...faults.flatMap(([group, kinds]) =>
      Object.entries(kinds).map(([kind, count]) => [`  ${group} ${kind}`, number(count)]),
    ),
    ['outcomes', `${number(outcomes)}, of which distinct ${number(completed + sum(deadLettered))}`],
    ['  completed', number(completed)],
    ...Object.entries(deadLettered).map(([code, count]) => [`  dead-lettered ${code}`, number(count)]),
    ['  both, of one request', number(both)],
    ['lost', number(result.lost)],
    ['duplicate users', number(result.duplicateUsers)],
    ['contradictory outcomes', number(result.contradictoryOutcomes)],
    ['too many calls', number(result.tooManyCalls)],
    ['seed', String(result.seed)],
    ['elapsed', seconds(result.elapsedMs)],
  ];
  const [, ...rows] = tableOf(
    [{ title: '' }, { title: '' }],
    lines.map(([name = '', value = '']) => [{ text: name }, { text: value }]),
  );
  return rows.map((row) => row.trimEnd()).join('\n');
}

/** What is wrong, each with all that happened; empty where nothing is. */
export function findingsOf({ findings, ...result }: ChaosResult): string {
  const more = findingsIn(result) - findings.length;
  const told = findings.flatMap(({ kind, requests, text, stories }) => [
    printable([kind, ...(requests.length > 0 ? [requests.join(', ')] : []), text].join(': ')),
    ...stories.flatMap(linesOf),
  ]);
  return [...told, ...(more > 0 ? [`and ${number(more)} more.`] : [])].join('\n');
}

function linesOf({ request, body, events }: Story): string[] {
  return [`  ${request}: ${printable(body)}`, ...events.map((event) => `    ${printable(event)}`)];
}

function number(value: number): string {
  return value.toLocaleString('en');
}

function average(value: number): string {
  return value.toFixed(2);
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
