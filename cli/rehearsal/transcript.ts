import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

/** What an operator would see. */
export interface Transcript {
  readonly text: () => string;
  /** Runs a command as an operator would type it; fails where it ends otherwise than expected. Gives what it prints. */
  run(script: string, args: readonly string[], expected?: { readonly exit: number }): Promise<string>;
  /** The same for `npx usher`. */
  usher(args: readonly string[], expected?: { readonly exit: number }): Promise<string>;
  /** Tells what happens beside the commands. */
  note(text: string): void;
}

const FIRST_TIME = Date.UTC(2025, 10, 26, 8);
const DATE = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( UTC|Z)?/g;
/** Several times what the slowest command takes. */
const PATIENCE_MS = 120_000;

/** Gathers commands and what they print, with what differs from run to run taken out. */
export function createTranscript(environment: Readonly<Record<string, string>>): Transcript {
  const parts: string[] = [];
  const times = new Map<string, string>();
  /** Another number for each time, the same in every run and as long. */
  const sameTime = (time: string) => {
    const known = times.get(time) ?? String(FIRST_TIME + times.size * 60_000);
    times.set(time, known);
    return known;
  };
  const withoutChance = (text: string) =>
    withoutPlace(text)
      .replaceAll(/\b1[5-9]\d{11}\b/g, sameTime)
      .replaceAll(DATE, '2025-11-26 08:00:00 UTC');
  const run = async (typed: string, command: string, args: readonly string[], exit: number) => {
    const child = spawn(command, args, {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: PATIENCE_MS,
    });
    const output = await outputOf(child);
    parts.push(`\`\`\`text\n${withoutChance(`$ ${typed}\n${output}`)}\n\`\`\`\n`);
    if (child.exitCode === exit) return output;
    const ended = child.exitCode ?? child.signalCode;
    throw new Error(`${typed} has ended with ${ended} instead of ${exit}:\n${output}`);
  };
  return {
    text: () => parts.join('\n'),
    note: (text) => void parts.push(`${text}\n`),
    run: (script, args, { exit } = { exit: 0 }) =>
      run(
        `npm run ${script} -- ${args.map(quoted).join(' ')}`,
        'npm',
        ['run', '--silent', script, '--', ...args],
        exit,
      ),
    usher: (args, { exit } = { exit: 0 }) =>
      run(`npx usher ${args.map(quoted).join(' ')}`, process.execPath, [usher, ...args], exit),
  };
}

const usher = fileURLToPath(new URL('../usher/main.ts', import.meta.url));

async function outputOf(child: ChildProcess): Promise<string> {
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(child, 'close');
  return stripVTControlCharacters(Buffer.concat(chunks).toString()).trimEnd();
}

function withoutPlace(text: string): string {
  return text
    .replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, 'https://sqs.us-east-1.amazonaws.com')
    .replaceAll(/^(Looking|\d+ of about \d+ letters).* · \d+\.\d s\n/gm, '')
    .replaceAll(/\b\d s\b/g, '1 s')
    .replaceAll(
      /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g,
      '00000000-0000-4000-8000-000000000000',
    )
    .replaceAll(/\(\d+s\)/g, '(…s)')
    .replaceAll(/\(\d+ kB\)/g, '(… kB)')
    .replaceAll(/^Environment:.*\n|^Docs:.*\n/gm, '');
}

function quoted(text: string): string {
  return /^[\w./:-]+$/.test(text) ? text : `"${text}"`;
}
