import { open } from 'node:fs/promises';
import type { Letter } from '../../../operator/letters/letter.ts';
import { InputError } from '../../terminal/arguments.ts';

/** A file that letters are written to, whole: one line of JSON each. Only its owner may read it. */
export interface LetterFile extends AsyncDisposable {
  /** Resolves when they are on the disk. */
  write(letters: readonly Letter[]): Promise<void>;
}

/** Makes a new file; one that is there already is not written over. */
export async function openLetterFile(path: string): Promise<LetterFile> {
  const file = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(
      error.code === 'EEXIST'
        ? `${path} is there already: name another file.`
        : `${path} cannot be written: ${error.message}`,
    );
  });
  return {
    async write(letters) {
      await file.appendFile(letters.map((letter) => `${JSON.stringify(lineOf(letter))}\n`).join(''));
      await file.sync();
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}

/** All that it takes to send it again. */
function lineOf({ messageId, body, attributes, groupId, traceHeader, sentAt, code }: Letter) {
  return { messageId, sentAt: new Date(sentAt).toISOString(), code, groupId, traceHeader, attributes, body };
}
