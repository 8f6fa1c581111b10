import { expect, test } from 'vitest';
import { createLines } from '../lib/telemetry/lines.ts';

test('lines that come together are written in one go, before anything else is waited for', async () => {
  const written: string[] = [];
  const { write } = createLines((text) => written.push(text));
  write('a\n');
  write('b\n');
  expect(written).toEqual([]);
  await null;
  write('c\n');
  await null;
  expect(written).toEqual(['a\nb\n', 'c\n']);
});

test('what there is can be written at once, and is not written again', async () => {
  const written: string[] = [];
  const { write, flush } = createLines((text) => written.push(text));
  write('a\n');
  flush();
  expect(written).toEqual(['a\n']);
  flush();
  await null;
  expect(written).toEqual(['a\n']);
});
