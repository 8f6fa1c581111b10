import { whoAmI } from '../../operator/aws/account.ts';
import { type DeployedStack, readStack, stackName } from '../../operator/aws/stack.ts';
import own from '../../package.json' with { type: 'json' };
import { tableOf } from '../terminal/text.ts';
import { type Change, shown } from './decisions.ts';

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

export function showChanges(changes: readonly Change[], isDeployed: boolean): void {
  if (changes.length === 0) {
    const none = isDeployed
      ? 'The parameters are those that it was deployed with.'
      : 'All parameters have their defaults.';
    process.stdout.write(`${none}\n\n`);
    return;
  }
  const titles = ['Parameter', 'Deployed', 'Now', 'From'].map((title) => ({ title }));
  const rows = changes.map(({ name, from, to, source }) =>
    [name, from === undefined ? '-' : shown(from), shown(to), source].map((text) => ({ text })),
  );
  const lines = tableOf(titles, rows).map((row) => row.trimEnd());
  process.stdout.write(`${lines.join('\n')}\n\n`);
}
