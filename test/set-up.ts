import { fileURLToPath } from 'node:url';
import { build } from '../cli/build/bundle.ts';

const compiled = fileURLToPath(new URL('../node_modules/.cache/usher-tests/compiled', import.meta.url));

/** The tests of the artefact share one build, and the commands that tests start what Node.js has compiled of them. */
export default async function setup(): Promise<void> {
  process.env.NODE_COMPILE_CACHE ??= compiled;
  await build();
}
