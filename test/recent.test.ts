import { expect, it } from 'vitest';
import { createRecent } from '../lib/recent.ts';

it('What was used last is kept, and what was used longest ago is forgotten and made anew', () => {
  const made: string[] = [];
  const recent = createRecent<string>(2);
  const use = (key: string) =>
    recent.get(key, () => {
      made.push(key);
      return key;
    });
  for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) expect(use(key)).toBe(key);
  expect(made).toEqual(['a', 'b', 'c', 'b']);
});
