import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** By how long they take; those that wait most of the time are among them. */
const SLOW = [
  'start',
  'chaos',
  'pressure',
  'artefact',
  'cost',
  'template',
  'conformance',
  'local-stack',
  'operations',
  'log-privacy',
];

/** Starts the slow files first, in a fresh clone too, so that no worker is left with one of them at the end. */
export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other));
  }
}

function rank({ moduleId }: TestSpecification): number {
  const at = SLOW.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
  return at < 0 ? SLOW.length : at;
}
