import { build } from '../cli/bundle.ts';

/** The tests of the artefact share one build. */
export default async function setup(): Promise<void> {
  await build();
}
