import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { stripVTControlCharacters } from 'node:util';

/** What an operator would see. */
export interface Transcript {
  readonly text: () => string;
  /** Runs a command as an operator would type it; fails where it ends otherwise than expected. Gives what it prints. */
  run(script: string, args: readonly string[], expected?: { readonly exit: number }): Promise<string>;
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
  return {
    text: () => parts.join('\n'),
    note: (text) => void parts.push(`${text}\n`),
    async run(script, args, { exit } = { exit: 0 }) {
      const child = spawn('npm', ['run', '--silent', script, '--', ...args], {
        env: { ...process.env, ...environment },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: PATIENCE_MS,
      });
      const output = await outputOf(child);
      const typed = `$ npm run ${script} -- ${args.map(quoted).join(' ')}`;
      parts.push(`\`\`\`text\n${withoutChance(`${typed}\n${output}`)}\n\`\`\`\n`);
      if (child.exitCode !== exit)
        throw new Error(
          `npm run ${script} has ended with ${child.exitCode ?? child.signalCode} instead of ${exit}:\n${output}`,
        );
      return output;
    },
  };
}

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
    .replaceAll(/\(\d+s\)/g, '(…s)')
    .replaceAll(/\(\d+ kB\)/g, '(… kB)')
    .replaceAll(/^Environment:.*\n|^Docs:.*\n/gm, '');
}

function quoted(text: string): string {
  return /^[\w./:-]+$/.test(text) ? text : `"${text}"`;
}
