import { isForbidden } from '../aws/refused.ts';

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

/** The findings of a check; what the caller has no right to see is not seen, and anything else that fails is told as it is. */
export async function ifAllowed(
  about: string,
  check: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  try {
    return await check();
  } catch (error) {
    if (!isForbidden(error)) throw error;
    return [unseen(about, `${error.message} (OperatorPolicyArn of the stack's outputs allows it)`)];
  }
}
