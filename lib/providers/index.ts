import { fireworks } from './fireworks.ts';
import { litellm } from './litellm.ts';
import type { Provider } from './provider.ts';
import { scim } from './scim.ts';
import { vectara } from './vectara.ts';

/** Every provider that a request can name. */
export const providers: readonly Provider[] = [fireworks, vectara, scim, litellm];
