import { fileURLToPath } from 'node:url';

/** Somebody who does the same work. */
export interface Contestant {
  readonly name: ContestantName;
  /** As the tables call it. */
  readonly title: string;
  /** What it does besides the bare work, and what it does not, for those who read the figures. */
  readonly does: string;
  /** The bundle. */
  readonly file: string;
  readonly kind: 'usher' | 'peer' | 'floor' | 'nothing';
}

const LIST = [
  {
    name: 'usher',
    title: '**Usher**',
    kind: 'usher',
    does: 'The built artefact: validation that tells every problem, adopting an existing user, ten calls in flight, quick tries, delays, pausing, batched sends, logs, metrics.',
  },
  {
    name: 'sdk-http',
    title: 'SDK + `node:http`, nothing else',
    kind: 'floor',
    does: 'The least that does the work: no validation, no logs, no metrics, no dead letters (what goes wrong goes back); all records side by side; batched sends; the secret is read once for ever.',
  },
  { name: 'sdk-fetch', title: 'SDK + `fetch`, nothing else', kind: 'floor', does: 'The same with `fetch`.' },
  {
    name: 'tutorial',
    title: 'tutorial style',
    kind: 'peer',
    does: 'One record after another, the secret read in each invocation, zod, `fetch`, one send a message, dead letters, `console.log`; no metrics.',
  },
  {
    name: 'middy',
    title: 'Middy',
    kind: 'peer',
    does: 'Middlewares for the secret (kept for five minutes) and the partial batch response; all records side by side, zod, `fetch`, one send a message, dead letters, JSON logs; no metrics.',
  },
  {
    name: 'powertools',
    title: 'Powertools',
    kind: 'peer',
    does: 'Logger, metrics, batch, parameters (the secret kept for five minutes), parser; all records side by side, `fetch`, one send a message, dead letters.',
  },
  {
    name: 'powertools-idempotency',
    title: 'Powertools + idempotency',
    kind: 'peer',
    does: 'The same, and each request remembered in DynamoDB, so that a redelivery does not run again.',
  },
  {
    name: 'empty',
    title: 'empty handler',
    kind: 'nothing',
    does: 'Nothing: what Node.js and the measuring cost.',
  },
] as const;

export type ContestantName = (typeof LIST)[number]['name'];

export const contestants: readonly Contestant[] = LIST.map((one) => ({
  ...one,
  file: fileURLToPath(
    new URL(
      one.name === 'usher' ? '../dist/user-requested/index.mjs' : `dist/${one.name}.mjs`,
      import.meta.url,
    ),
  ),
}));

/** Those who do the work. */
export const workers = contestants.filter(({ kind }) => kind !== 'nothing');
