import { type Facts, factsOf } from '../../lib/events/facts.ts';
import { unwrap } from '../../lib/events/unwrap.ts';
import type { Outcome } from './outcome.ts';
import type { RequestLine } from './request-lines.ts';

/** A sent line and what became of it. */
export interface Entry extends RequestLine {
  readonly facts: Facts;
  /** The request's id, or the JSON that stands in its place. */
  readonly shownId: string | undefined;
  readonly messageId: string;
  readonly sentAt: number;
  /** While it waits for another attempt, the code of the failure before. */
  waitsFor?: string | undefined;
  outcome?: Outcome;
  /** When the outcome arrived. */
  answeredAt?: number;
}

/** Knows of each line whether it was sent, waits for another attempt, or is answered. */
export type Ledger = ReturnType<typeof createLedger>;

/** `now` is in milliseconds, from whenever. */
export function createLedger(now: () => number) {
  const entries: Entry[] = [];
  const byMessageId = new Map<string, Entry>();
  const byIdentity = new Map<string, Entry[]>();
  /** The codes of messages that went back before SQS had confirmed the send. */
  const backEarly = new Map<string, string>();
  const counts = { completed: 0, deadLettered: 0 };
  let early: Outcome[] = [];
  let newsAt = now();

  /** Lines of the same identity are one request to Usher: whichever of them is the next open one takes a completion. */
  const openTwin = (identity: Identity) =>
    byIdentity.get(keyOf(identity))?.find(({ outcome }) => outcome === undefined);

  function entryFor(outcome: Outcome): Entry | undefined {
    if (outcome.result !== 'dead-lettered')
      return openTwin({ ...outcome.request, provider: outcome.provider });
    if (outcome.messageId !== undefined) return byMessageId.get(outcome.messageId);
    return entries.find((entry) => entry.outcome === undefined && entry.body === outcome.body);
  }

  function settle(outcome: Outcome): boolean {
    const entry = entryFor(outcome);
    if (entry === undefined || entry.outcome?.result === 'dead-lettered') return false;
    if (entry.outcome !== undefined) {
      // The completion that it took was its twin's: a dead letter names the very message.
      const twin = openTwin(entry.facts);
      if (twin === undefined) return false;
      note(twin, entry.outcome);
    }
    note(entry, outcome);
    counts[outcome.result === 'dead-lettered' ? 'deadLettered' : 'completed'] += 1;
    return true;
  }

  function note(entry: Entry, outcome: Outcome): void {
    newsAt = now();
    entry.outcome = outcome;
    entry.answeredAt = newsAt;
    entry.waitsFor = undefined;
  }

  return {
    entries: entries as readonly Entry[],
    /** `waiting` has a failure code for each that waits for another attempt. */
    counts: () => ({
      sent: entries.length,
      ...counts,
      waiting: entries.flatMap(({ waitsFor }) => waitsFor ?? []),
    }),
    /** For how long nothing has happened. */
    quietMs: () => now() - newsAt,
    isAnswered: () => counts.completed + counts.deadLettered === entries.length,
    /** Notes a sent line; answers with the outcomes that came before SQS had confirmed the send. */
    sent(line: RequestLine, messageId: string, sentAt: number): readonly Outcome[] {
      const { event } = unwrap(line.body);
      const facts = factsOf(event);
      const shownId = facts.id ?? jsonOf(event?.id);
      const entry: Entry = { ...line, facts, shownId, messageId, sentAt, waitsFor: backEarly.get(messageId) };
      newsAt = now();
      entries.push(entry);
      byMessageId.set(messageId, entry);
      const twins = byIdentity.get(keyOf(entry.facts));
      if (twins) twins.push(entry);
      else byIdentity.set(keyOf(entry.facts), [entry]);
      const settled = early.filter(settle);
      early = early.filter((outcome) => !settled.includes(outcome));
      return settled;
    },
    /** Notes that a message went back to the queue, and the code of the failure that it had. */
    handedBack(messageId: string, code: string): void {
      newsAt = now();
      const entry = byMessageId.get(messageId);
      if (entry === undefined) backEarly.set(messageId, code);
      else if (entry.outcome === undefined) entry.waitsFor = code;
    },
    /** False for an outcome that answers no open line: a repeated one, or one of a line not yet noted as sent. */
    received(outcome: Outcome): boolean {
      const isSettled = settle(outcome);
      if (!isSettled) early.push(outcome);
      return isSettled;
    },
  };
}

type Identity = Pick<Facts, 'id' | 'source' | 'provider'>;

function keyOf({ id, source, provider }: Identity): string {
  return JSON.stringify([source, id, provider]);
}

/** Undefined where it nests so deep that it cannot be written again. */
function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
