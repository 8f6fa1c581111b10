import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { createLedger } from '../cli/start/ledger.ts';
import { outcomeTable, statusOf, summaryOf } from '../cli/start/report.ts';
import { amount, printable, seconds, shortened } from '../cli/terminal/text.ts';
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
  provider: 'short-provider',
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
    expect(narrow[1]).toBe('      User or reason');
    expect(narrow[3]).toBe('      usr_1 (differs in description)');
    expect(wide[0]).toMatch(/ {2}User or reason$/);
  });

  it('tells a reason in up to four lines under each other, and where the rest of it is', () => {
    const ledger = createLedger(() => 0);
    ledger.sent({ number: 1, body: 'hello' }, '1', 0);
    ledger.received({ ...letter, messageId: '1', message: 'reason '.repeat(100) });
    const [titles = '', first = '', ...more] = outcomeTable(ledger.entries, 140, plain).split('\n');
    const column = titles.indexOf('User or reason');
    expect(first.slice(column)).toMatch(/^provider_rejected: reason/);
    expect(more).toHaveLength(3);
    for (const line of more) expect(line.search(/\S/)).toBe(column);
    expect(more.at(-1)).toMatch(/\w… \(all of it with --json\)$/);
    expect(stringWidth(more.at(-1) ?? '')).toBeLessThanOrEqual(140);
  });

  it('promises no more of a reason that --json does not have', () => {
    const ledger = createLedger(() => 0);
    ledger.sent({ number: 1, body: 'hello' }, '1', 0);
    ledger.received({ ...letter, isEvent: false, messageId: '1', message: 'reason '.repeat(100) });
    expect(outcomeTable(ledger.entries, 140, plain)).toMatch(/\w…$/);
  });

  it('says for what a line without an outcome waits', () => {
    const ledger = createLedger(() => 0);
    ledger.sent({ number: 1, body: 'hello' }, '1', 0);
    ledger.sent({ number: 2, body: 'hello' }, '2', 0);
    ledger.handedBack('1', 'secret_unavailable');
    const lines = outcomeTable(ledger.entries, 80, plain).split('\n');
    expect(lines).toHaveLength(5);
    expect(lines[3]).toBe('      waiting for a retry: secret_unavailable');
  });

  it('says which line has no outcome', () => {
    const ledger = createLedger(() => 0);
    ledger.sent({ number: 7, body: 'hello' }, '1', 0);
    expect(outcomeTable(ledger.entries, 140, plain)).toMatch(/ 7 {2}– +– +no outcome +– +– {2}–$/);
    expect(summaryOf(ledger.entries, 0, 60)).toBe('1 request in 0.0 s: 1 without an outcome.');
  });

  it('has colours where the stream is a terminal, and the same text', () => {
    const terminal = Object.assign(new PassThrough(), { isTTY: true, getColorDepth: () => 8 });
    const coloured = outcomeTable(entries(), 140, terminal);
    expect(coloured).toContain('\u001B[36mexisting\u001B[39m');
    expect(stripVTControlCharacters(coloured)).toBe(outcomeTable(entries(), 140, plain));
  });
});

describe('The summary', () => {
  const ledgerOf = (count: number) => {
    const ledger = createLedger(() => 0);
    for (let at = 0; at < count; at++) ledger.sent({ number: at + 1, body: 'hello' }, String(at), 0);
    return ledger;
  };
  const answered = (count: number, attempts: number) => {
    const ledger = ledgerOf(count);
    for (let at = 0; at < count; at++)
      ledger.received({ ...letter, attempts, messageId: String(at), message: '' });
    return ledger.entries;
  };

  it('takes the time that it is given, and says nothing of delays where there were none', () => {
    expect(summaryOf(answered(1, 1), 2_345_678, 60)).toBe('1 request in 2,345.7 s: 1 dead-lettered.');
  });

  it('says that delays are shorter here where a request was tried again', () => {
    expect(summaryOf(answered(1, 2), 0, 1_200)).toContain('attempts are 1,200 times shorter');
  });

  it('says that delays are shorter here where a request waits for another attempt', () => {
    const ledger = ledgerOf(1);
    expect(summaryOf(ledger.entries, 0, 1_200)).not.toContain('shorter');
    ledger.handedBack('0', 'secret_unavailable');
    expect(summaryOf(ledger.entries, 0, 1_200)).toContain('attempts are 1,200 times shorter');
  });

  it('counts thousands as the rest does', () => {
    expect(summaryOf(answered(1_234, 1), 0, 60)).toBe('1,234 requests in 0.0 s: 1,234 dead-lettered.');
  });
});

describe('The status', () => {
  it('counts what is sent, answered and waiting, and names what it waits for', () => {
    const counts = { sent: 1_009, completed: 4, deadLettered: 3, waiting: [] };
    expect(statusOf(counts, 9)).toBe('1,009 sent · 4 completed · 3 dead-lettered · 0 waiting for a retry');
    const waiting = ['secret_unavailable', 'provider_pending', 'secret_unavailable'];
    expect(statusOf({ ...counts, waiting }, 9)).toMatch(
      / · 3 waiting for a retry: secret_unavailable, provider_pending$/,
    );
    expect(statusOf({ ...counts, sent: 0 }, 9)).toBe('Sending 9 requests');
  });
});

describe('A number', () => {
  it('has a comma between thousands', () => {
    expect([amount(999), amount(1_048_576), seconds(1_234_560)]).toEqual(['999', '1,048,576', '1,234.6 s']);
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
