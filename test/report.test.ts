import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { createLedger } from '../cli/ledger.ts';
import { outcomeTable, statusOf, summaryOf } from '../cli/report.ts';
import { printable, shortened } from '../cli/text.ts';
import { requestEvent } from './local-usher.ts';

const SOURCE = 'https://signup.example';
const plain = new PassThrough();

/** Entries whose ids and messages are hard to lay out. */
function entries() {
  const ledger = createLedger(() => 1_234);
  const ids = ['short', '田中さくら-田中さくら-田中さくら-田中さくら', '👩‍🚀🦊'.repeat(20), 'x'.repeat(255)];
  for (const [index, id] of ids.entries()) {
    const body = JSON.stringify(requestEvent(id, { provider: `${id}-provider`, user: {} }));
    ledger.sent({ number: index + 1, body }, String(index), 0);
    if (index === 0) continue;
    const message = `A long message about ${id}, which goes on and on until it does not fit into any terminal.`;
    ledger.received({ ...letter, messageId: String(index), message });
  }
  ledger.received({ ...done, request: { id: 'short', source: SOURCE } });
  return ledger.entries;
}

const letter = {
  result: 'dead-lettered',
  body: '',
  isEvent: true,
  code: 'provider_rejected',
  attempts: 15,
} as const;
const done = {
  result: 'existing',
  body: '',
  isEvent: true,
  userId: 'usr_1',
  differences: ['description'],
  attempts: 1,
} as const;

describe('The table of outcomes', () => {
  it.each([80, 140])('fits %i columns, whatever the ids and messages are', (columns) => {
    const lines = outcomeTable(entries(), columns, plain).split('\n');
    for (const line of lines) expect(stringWidth(line.trimEnd())).toBeLessThanOrEqual(columns);
  });

  it('keeps its columns straight behind wide characters', () => {
    const [titles = '', ...lines] = outcomeTable(entries(), 140, plain).split('\n');
    const rows = lines.filter((line) => /^ {3}\d/.test(line));
    const column = titles.indexOf('Outcome');
    expect(rows).toHaveLength(4);
    const before = rows.map((row) => stringWidth(row.slice(0, row.search(/existing|dead-lettered/))));
    expect(before).toEqual(rows.map(() => column));
  });

  it('has the reason beside each line where there is room, and below it where there is not', () => {
    const wide = outcomeTable(entries(), 140, plain).split('\n');
    expect(wide[1]).toMatch(/^ {3}1 {2}short .* existing +1 +1\.2 s {2}usr_1 \(differs in description\)$/);
    const narrow = outcomeTable(entries(), 80, plain).split('\n');
    expect(narrow[2]).toBe('      usr_1 (differs in description)');
  });

  it('tells a reason in up to four lines under each other', () => {
    const ledger = createLedger(() => 0);
    ledger.sent({ number: 1, body: 'hello' }, '1', 0);
    ledger.received({ ...letter, messageId: '1', message: 'reason '.repeat(100) });
    const [titles = '', first = '', ...more] = outcomeTable(ledger.entries, 140, plain).split('\n');
    const column = titles.indexOf('Reason');
    expect(first.slice(column)).toMatch(/^provider_rejected: reason/);
    expect(more).toHaveLength(3);
    for (const line of more) expect(line.search(/\S/)).toBe(column);
    expect(more.at(-1)).toMatch(/…$/);
  });

  it('says which line has no outcome', () => {
    const ledger = createLedger(() => 0);
    ledger.sent({ number: 7, body: 'hello' }, '1', 0);
    expect(outcomeTable(ledger.entries, 140, plain)).toMatch(/ 7 {2}– +– +no outcome +– +– {2}–$/);
    expect(summaryOf(ledger.entries, 60)).toMatch(/^1 request in 0\.0 s: 1 without an outcome\.$/m);
  });

  it('has colours where the stream is a terminal, and the same text', () => {
    const terminal = Object.assign(new PassThrough(), { isTTY: true, getColorDepth: () => 8 });
    const coloured = outcomeTable(entries(), 140, terminal);
    expect(coloured).toContain('\u001B[36mexisting\u001B[39m');
    expect(stripVTControlCharacters(coloured)).toBe(outcomeTable(entries(), 140, plain));
  });
});

describe('The status', () => {
  it('counts what is sent, answered and waiting', () => {
    const counts = { sent: 9, completed: 4, deadLettered: 3, waiting: 2 };
    expect(statusOf(counts, 9)).toBe('9 sent · 4 completed · 3 dead-lettered · 2 waiting for a retry');
    expect(statusOf({ ...counts, sent: 0 }, 9)).toBe('Sending 9 requests');
  });
});

describe('Text from outside', () => {
  it('cannot steer a terminal', () => {
    expect(printable('a\u001B[2Jb\u0007\u009B\u202Ec')).toBe('a\uFFFD[2Jb\uFFFD\uFFFD\uFFFDc');
    expect(printable('one\r\n\ttwo\u2028three')).toBe('one two three');
    expect(printable('\uD83D and 🦊')).toBe('\uFFFD and 🦊');
  });

  it('is cut between characters as a person sees them', () => {
    expect(shortened('田中さん', 8)).toBe('田中さん');
    expect(shortened('田中さん', 7)).toBe('田中さ…');
    expect(shortened('ab👩‍🚀cd', 5)).toBe('ab👩‍🚀…');
    expect(shortened('ab👩‍🚀cd', 4)).toBe('ab…');
  });
});
