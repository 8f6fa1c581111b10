import { seconds } from '../terminal/text.ts';
import { personIn } from './people.ts';
import { requestIdIn } from './requests.ts';

interface Note {
  readonly atMs: number;
  readonly text: string;
}

export type Journal = ReturnType<typeof createJournal>;

/** Remembers what happened to each request and to the user that it asks for. `now` is in milliseconds, from whenever. */
export function createJournal(now: () => number) {
  const startedAt = now();
  const requests = new Map<string, Note[]>();
  const people = new Map<number, Note[]>();

  function note<Subject>(notes: Map<Subject, Note[]>, subject: Subject | undefined, text: string): void {
    if (subject === undefined) return;
    const known = notes.get(subject) ?? [];
    known.push({ atMs: now() - startedAt, text });
    notes.set(subject, known);
  }

  return {
    /** Something happened to the request whose id stands in the body. */
    ofRequest: (body: string, text: string): void => note(requests, requestIdIn(body), text),
    /** Something happened to the user whose number stands in the key or the e-mail. */
    ofPerson: (call: string, text: string): void => note(people, personIn(call), text),
    /** All that is known, in its order, a line each. */
    story(requestId: string, person: number | undefined): string[] {
      const notes = [...(requests.get(requestId) ?? []), ...(people.get(person ?? 0) ?? [])];
      return notes
        .sort((one, other) => one.atMs - other.atMs)
        .map(({ atMs, text }) => `${seconds(atMs)} ${text}`);
    },
  };
}
