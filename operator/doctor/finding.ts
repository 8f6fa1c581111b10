import { isForbidden } from '../aws/refused.ts';
import { NoSuchTarget } from '../target.ts';

/** What a check came to. */
export interface Finding {
  readonly about: string;
  /** `unseen`: it may be right or wrong, and the text says why nobody can tell. */
  readonly state: 'ok' | 'wrong' | 'unseen';
  readonly text: string;
  /** What to do; of what is wrong. */
  readonly remedy?: string;
}

export const ok = (about: string, text: string): Finding => ({ about, state: 'ok', text });
export const wrong = (about: string, text: string, remedy: string): Finding => ({
  about,
  state: 'wrong',
  text,
  remedy,
});
export const unseen = (about: string, text: string): Finding => ({ about, state: 'unseen', text });

/** The findings of a check. What AWS refuses to tell is not seen, and no reason to break off; a defect is none of these. */
export async function ifAllowed(
  about: string,
  check: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  try {
    return await check();
  } catch (error) {
    if (isForbidden(error))
      return [unseen(about, `${error.message} (OperatorPolicyArn of the stack's outputs allows it)`)];
    if (error instanceof NoSuchTarget)
      return [wrong(about, error.message, 'deploy it again, by this version')];
    if (error instanceof Error && '$metadata' in error)
      return [unseen(about, `AWS answers ${error.name}: ${error.message}`)];
    throw error;
  }
}
