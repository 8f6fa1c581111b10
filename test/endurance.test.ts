import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { enduranceTable } from '../cli/endurance/endurance-table.ts';

test('docs/reliability.md has the endurance table as `npm run endurance` prints it', async () => {
  const page = await readFile(new URL('../docs/reliability.md', import.meta.url), 'utf8');
  expect(page).toContain(enduranceTable());
});
