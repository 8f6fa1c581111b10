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
export function createGroups(): LetterGroups {
  const groups = new Map<string, LetterGroup>();
  return {
    add(letter) {
      const { code, provider, connection, remote, at } = letter;
      const key = JSON.stringify([code, provider, connection, remote]);
      const { messageId, requestId, message } = letter;
      const example = { messageId, requestId, message };
      const known = groups.get(key) ?? { count: 0, oldest: at, newest: at, example };
      groups.set(key, {
        ...{ code, provider, connection, remote },
        count: known.count + 1,
        oldest: Math.min(known.oldest, at),
        newest: Math.max(known.newest, at),
        example: at >= known.newest ? example : known.example,
      });
    },
    list: () => [...groups.values()].sort((one, other) => other.count - one.count),
  };
}
