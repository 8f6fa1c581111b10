import type * as z from 'zod';
import type { Target } from '../../operator/target.ts';
import type { site } from './shapes.ts';

/** Where a command has worked, as `--json` tells it. */
export function toldSite({ stage, region, account, caller, stack }: Target): z.infer<typeof site> {
  return { stage, region, account, caller, version: stack.outputs.get('Version') };
}
