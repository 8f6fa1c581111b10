import { startFireworks } from './fireworks.ts';
import { startLitellm } from './litellm.ts';
import type { StartSandbox } from './sandbox.ts';
import { startScim } from './scim.ts';
import { startVectara } from './vectara.ts';

/** The sandbox of every provider, by the provider's name. */
export const sandboxes: ReadonlyMap<string, StartSandbox> = new Map<string, StartSandbox>([
  ['fireworks', startFireworks],
  ['vectara', startVectara],
  ['scim', startScim],
  ['litellm', startLitellm],
]);
