import { whoAmI } from '../../operator/aws/account.ts';
import { type DeployedStack, readStack, stackName } from '../../operator/aws/stack.ts';
import own from '../../package.json' with { type: 'json' };
import { tableOf } from '../terminal/text.ts';
import type { Change } from './decisions.ts';

/** Tells what is about to be worked on, before anything is done; answers with the stage as it is deployed. */
export async function showTarget(stage: string, region: string): Promise<DeployedStack | undefined> {
  const { account, caller } = await whoAmI(region);
  const stack = await readStack(stage, region);
  const deployed =
    stack === undefined
      ? 'not deployed yet'
      : `deployed with version ${stack.deployedWith?.version ?? 'unknown'}, ${stack.status}`;
  const lines = [
    ['account', `${account}, as ${caller}`],
    ['region', region],
    ['stage', stage],
    ['stack', `${stackName(stage)}, ${deployed}`],
    ['version', own.version],
  ];
  process.stdout.write(`${lines.map(([name = '', text]) => `  ${name.padEnd(8)} ${text}`).join('\n')}\n\n`);
  return stack;
}

export function showChanges(changes: readonly Change[]): void {
  if (changes.length === 0) {
    process.stdout.write('The parameters are those that it was deployed with.\n\n');
    return;
  }
  const titles = ['Parameter', 'Deployed', 'Now', 'From'].map((title) => ({ title }));
  const rows = changes.map(({ name, from, to, source }) =>
    [name, from, to, source].map((text) => ({ text })),
  );
  process.stdout.write(`${tableOf(titles, rows).join('\n')}\n\n`);
}
