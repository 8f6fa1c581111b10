import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { drawn } from './drawn.ts';
import { type Run, runPicture } from './run-picture.ts';

const folder = new URL('../../docs/pictures/', import.meta.url);
const start = fileURLToPath(new URL('../start/start.ts', import.meta.url));

const run = await recordedStart();
await writeFile(new URL('start.svg', folder), runPicture(run, false));
await writeFile(new URL('start-still.svg', folder), runPicture(run, true));
for (const [name, draw] of drawn) await writeFile(new URL(name, folder), draw());
console.log(`docs/pictures/: start.svg, start-still.svg, ${[...drawn.keys()].join(', ')}`);

/** Runs `npm start` as it is, and remembers what it prints. */
async function recordedStart(): Promise<Run> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [start]);
  const told = stderr.trimEnd().split('\n');
  const waiting = told.find((line) => line.includes('waiting for a retry:'));
  return { command: 'npm start', progress: waiting ?? told.at(-1) ?? '', output: stdout };
}
