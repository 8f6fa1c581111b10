import { masked, personalIn } from '../personal.ts';
import type { Letter } from './letter.ts';

/** Letters that failed alike. */
export interface LetterGroup {
  readonly code: string | undefined;
  readonly provider: string | undefined;
  readonly connection: string | undefined;
  readonly remote: string | undefined;
  readonly count: number;
  /** Milliseconds since 1970. */
  readonly oldest: number;
  readonly newest: number;
  /** The newest of them. */
  readonly example: LetterExample;
}

export interface LetterExample {
  readonly messageId: string;
  readonly requestId: string | undefined;
  readonly message: string | undefined;
}

export interface LetterGroups {
  add(letter: Letter): void;
  /** The most numerous first. */
  list(): LetterGroup[];
}

/** Counts letters by code, provider, connection and what became of the user, and keeps no letter. */
export function createGroups(isMasked: boolean): LetterGroups {
  const groups = new Map<string, LetterGroup>();
  return {
    add(letter) {
      const told = tellerOf(letter, isMasked);
      const { at } = letter;
      const code = told(letter.code);
      const provider = told(letter.provider);
      const connection = told(letter.connection);
      const remote = told(letter.remote);
      const key = JSON.stringify([code, provider, connection, remote]);
      const known = groups.get(key);
      const { count = 0, oldest = at, newest = at } = known ?? {};
      const isNewest = known === undefined || at >= known.newest;
      groups.set(key, {
        ...{ code, provider, connection, remote },
        count: count + 1,
        oldest: Math.min(oldest, at),
        newest: Math.max(newest, at),
        example: isNewest
          ? {
              messageId: letter.messageId,
              requestId: told(letter.requestId),
              message: told(letter.message),
            }
          : known.example,
      });
    },
    list: () => [...groups.values()].sort((one, other) => other.count - one.count),
  };
}

/** Tells a text of the letter without what is personal in it. */
function tellerOf({ body }: Letter, isMasked: boolean) {
  let personal: readonly string[] | undefined;
  return (text: string | undefined): string | undefined => {
    if (text === undefined || !isMasked) return text;
    personal ??= personalIn(body);
    return masked(text, personal);
  };
}
