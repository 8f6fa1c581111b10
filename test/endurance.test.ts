import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { enduranceTable } from '../cli/endurance/endurance-table.ts';

test('The README has the endurance table as `npm run endurance` prints it', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  expect(readme).toContain(enduranceTable());
});
