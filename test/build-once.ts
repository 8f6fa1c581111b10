import { build } from '../cli/build.ts';

/** Tests that run the artefact always run the one of the present sources. */
export default build;
