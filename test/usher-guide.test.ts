import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { guide } from '../cli/usher/guide.ts';
import { FAILURES } from '../lib/records/failure.ts';
import { adviceFor } from '../operator/letters/advice.ts';

test('docs/operator.md is as `npm run guide` writes it', async () => {
  expect(await readFile(new URL('../docs/operator.md', import.meta.url), 'utf8')).toBe(guide());
});

test.for(Object.keys(FAILURES))('there is advice for letters of %s', (code) => {
  expect(adviceFor(code)).not.toBe(adviceFor(undefined));
});

test('a code that is no failure code gets the advice for strangers, whatever it is named', () => {
  for (const code of ['constructor', '__proto__', '', 'nope'])
    expect(adviceFor(code)).toBe(adviceFor(undefined));
});
