import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export const usherScript = fileURLToPath(new URL('../cli/usher/main.ts', import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  /** Gets the process at once, to end it in the middle. */
  readonly onStart?: (child: ChildProcess) => void;
}

/** Where the command finds a stack on this machine. */
export function environmentFor(endpoint: string, auditFile: string): Record<string, string | undefined> {
  const { npm_lifecycle_event, AWS_PROFILE, AWS_SESSION_TOKEN, USHER_STAGE, ...inherited } = process.env;
  return {
    ...inherited,
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    USHER_STAGE: 'local',
    USHER_AUDIT_FILE: auditFile,
  };
}

/** Runs `usher` as a person without a terminal does. */
export async function runUsher(
  args: readonly string[],
  { env, input, onStart }: RunOptions = {},
): Promise<Ran> {
  const child = spawn(process.execPath, [usherScript, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...env },
  });
  onStart?.(child);
  child.stdin.on('error', () => {}).end(input ?? '');
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code, stdout, stderr };
}
