import { whoAmI } from './aws/account.ts';
import { type DeployedStack, readStack, stackName } from './aws/stack.ts';

/** The deployment that an operator works on, and as whom. */
export interface Target {
  readonly stage: string;
  readonly region: string;
  readonly account: string;
  /** The ARN of the user or role that asks. */
  readonly caller: string;
  readonly stack: DeployedStack;
}

/** There is no such stage, or it has not what is asked for: a sentence for the operator. */
export class NoSuchTarget extends Error {}

/** Finds the stack of a stage; fails with `NoSuchTarget` where there is none. */
export async function openTarget(stage: string, region: string): Promise<Target> {
  const [{ account, caller }, stack] = await Promise.all([whoAmI(region), readStack(stage, region)]);
  if (stack === undefined)
    throw new NoSuchTarget(
      `There is no stage ${stage} in ${region} of account ${account} (no stack ${stackName(stage)}): see whether stage, region and AWS_PROFILE are right.`,
    );
  return { stage, region, account, caller, stack };
}

/** What the stack says under the name of an output. */
export function outputOf({ stack }: Pick<Target, 'stack'>, name: string): string {
  const value = stack.outputs.get(name);
  if (value === undefined)
    throw new NoSuchTarget(
      `The stack ${stack.name} (${stack.status}) has no output ${name}: it was deployed by another version, or not to the end. Deploy it again.`,
    );
  return value;
}
