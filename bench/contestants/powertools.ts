import { createPowertoolsHandler, provision } from './shared/powertools.ts';

/** Powertools: logger, metrics, batch, parameters and parser. */
export const handler = createPowertoolsHandler(provision);
