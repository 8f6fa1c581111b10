import type { Stubs } from './stubs.ts';

/** What all sections share. */
export interface Bench {
  readonly stubs: Stubs;
  /** A few rounds instead of enough of them. */
  readonly isQuick: boolean;
  /** Tells what is being done now. */
  show(status: string): void;
  /** The number of the first of so many requests that nobody has used yet. */
  requests(count: number): number;
}

/** Goes round by round, so that all contestants meet the same moods of the machine; each round begins with another one. */
export async function takeTurns<T>(
  list: readonly T[],
  rounds: number,
  turn: (one: T, round: number) => Promise<void>,
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const first = round % list.length;
    for (const one of [...list.slice(first), ...list.slice(0, first)]) await turn(one, round);
  }
}
