import { build } from '../cli/bundle.ts';

/** Tests that run the artefact always run the one of the present sources. */
export default build;
