import { appendFile, mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Target } from '../../operator/target.ts';
import { InputError } from '../terminal/arguments.ts';
import { ask } from '../terminal/ask.ts';

const DEFAULT_FILE = '.usher/audit.jsonl';

/** Whether somebody wants it done: `--confirm`, or a yes at a terminal. */
export async function isConfirmed(question: string, isGiven: boolean | undefined): Promise<boolean> {
  if (isGiven) return true;
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  return /^y(es)?$/i.test(await ask(`${question} [y/N] `));
}

export interface AuditOptions {
  readonly reason?: string;
  readonly auditFile?: string;
}

/** Notes who has done what to which stage, and why: one line of JSON each, in the file `--audit-file` or USHER_AUDIT_FILE. */
export async function audit(
  target: Target,
  { reason, auditFile }: AuditOptions,
  action: string,
  what: object,
): Promise<void> {
  const file = resolve(auditFile ?? process.env.USHER_AUDIT_FILE ?? DEFAULT_FILE);
  const { account, region, stage, caller } = target;
  const line = { time: new Date().toISOString(), caller, account, region, stage, action, reason, ...what };
  try {
    await mkdir(dirname(file), { recursive: true });
    await appendFile(file, `${JSON.stringify(line)}\n`, { mode: 0o600 });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InputError(
      `The audit cannot be written, so nothing more is done: ${why}. Name a file by --audit-file.`,
    );
  }
}

let interruption: AbortController | undefined;

/** For whoever holds what must be given back: ends it by Ctrl-C, after its present step; a second Ctrl-C ends the process. */
export function untilInterrupted(): AbortSignal {
  if (interruption) return interruption.signal;
  const controller = new AbortController();
  interruption = controller;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      process.stderr.write('\nEnding after what is at work …\n');
      controller.abort();
    });
  }
  return controller.signal;
}

/** Whoever reads the output has seen enough, as `head` has: what is held is given back all the same. */
export function endWithoutReader(): void {
  if (interruption) interruption.abort();
  else process.exit();
}
