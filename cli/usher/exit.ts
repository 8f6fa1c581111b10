import { wordsForAwsError } from '../../operator/aws/refused.ts';
import { EditRefused } from '../../operator/letters/edit.ts';
import { LookRefused } from '../../operator/letters/look.ts';
import { NoSuchTarget } from '../../operator/target.ts';
import { InputError } from '../terminal/arguments.ts';
import { printable } from '../terminal/text.ts';

export const EXIT = { done: 0, wrong: 1, misused: 2, unreachable: 3, interrupted: 130 };

/** What is looked at is wrong, or what was asked for was not done: the message says why. */
export class Wrong extends Error {}

/** Ends the process with one sentence; what nobody foresaw is shown as it is. */
export function explain(error: unknown): never {
  const words = error instanceof Error ? knownWords(error) : undefined;
  if (words === undefined) throw error;
  // Line by line: a message may quote what came from outside.
  process.stderr.write(`${words.text.split('\n').map(printable).join('\n')}\n`);
  process.exit(words.code);
}

function knownWords(error: Error): { readonly text: string; readonly code: number } | undefined {
  const { message } = error;
  if (error instanceof InputError || error instanceof EditRefused)
    return { text: message, code: EXIT.misused };
  if (error instanceof Wrong || error instanceof LookRefused) return { text: message, code: EXIT.wrong };
  if (error instanceof NoSuchTarget) return { text: message, code: EXIT.unreachable };
  const words = wordsForAwsError(error);
  return words === undefined ? undefined : { text: words, code: EXIT.unreachable };
}
