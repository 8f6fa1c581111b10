import { build } from '../cli/build/bundle.ts';

/** The tests of the artefact share one build. */
export default async function setup(): Promise<void> {
  await build();
}
