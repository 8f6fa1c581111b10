import type { Failure } from '../../lib/records/failure.ts';
import { createGroups, type LetterGroup } from './groups.ts';
import type { Letter } from './letter.ts';
import type { Look } from './look.ts';
import { type Selection, selects } from './selection.ts';

/** What a selection comes to, as far as the queue was seen. */
export interface Survey {
  readonly seen: number;
  readonly selected: number;
  readonly groups: readonly LetterGroup[];
  /** Of the selected ones, those that cannot succeed as they are, by the code of why. */
  readonly refused: ReadonlyMap<string, number>;
}

export interface SurveyOptions {
  /** Whether examples are told without what is personal; they are, if nothing else is said. */
  readonly isMasked?: boolean;
  readonly refuse?: (letter: Letter) => Failure | undefined;
}

/** Looks through the queue and counts what is selected. */
export async function survey(
  look: Look,
  selection: Selection,
  { isMasked = true, refuse = () => undefined }: SurveyOptions = {},
): Promise<Survey> {
  const groups = createGroups(isMasked);
  const refused = new Map<string, number>();
  let selected = 0;
  for await (const letters of look.letters()) {
    for (const letter of letters) {
      if (!selects(selection, letter)) continue;
      selected += 1;
      groups.add(letter);
      const code = refuse(letter)?.code;
      if (code !== undefined) refused.set(code, (refused.get(code) ?? 0) + 1);
    }
  }
  return { seen: look.seen(), selected, groups: groups.list(), refused };
}
