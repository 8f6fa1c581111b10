import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const script = fileURLToPath(new URL('../cli/rehearsal/rehearsal.ts', import.meta.url));

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'usher-path-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Rehearses with nothing but the folder on the PATH. */
const rehearse = () => promisify(execFile)(process.execPath, [script], { env: { PATH: folder } });
const skipped = {
  stdout: 'Skipped: there is no moto_server on the PATH (pip install "moto[server]").\n',
  stderr: '',
};

test('A rehearsal without a stand-in for AWS is skipped with one line, and is no failure', async () => {
  expect(await rehearse()).toEqual(skipped);
});

test('A stand-in that a version manager names and does not have is none', async () => {
  await writeFile(join(folder, 'moto_server'), '#!/bin/sh\nexit 127\n', { mode: 0o755 });
  expect(await rehearse()).toEqual(skipped);
});
