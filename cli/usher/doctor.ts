import { Command } from 'commander';
import { examine } from '../../operator/doctor/doctor.ts';
import type { Finding } from '../../operator/doctor/finding.ts';
import manifest from '../../package.json' with { type: 'json' };
import { createProgress } from '../terminal/progress.ts';
import { printable } from '../terminal/text.ts';
import { EXIT } from './exit.ts';
import { type CommonOptions, withCommonOptions } from './options.ts';
import { pasteable } from './place.ts';
import { paragraph, print, printJson, styled } from './print.ts';
import * as shapes from './shapes.ts';
import { openSite } from './site.ts';
import { toldSite } from './told-site.ts';

const more = `
Stack and version, triggers, queues with the life that is left to unread
answers, alarms and who hears them, paused connections, every secret, and one
read-only call of each connection. Each line that is wrong says what to do.

Examples:
  usher doctor --stage prod
  usher doctor --stage prod --json | jq '.findings[] | select(.state == "wrong")'

Exit status: 0 nothing is wrong, 1 something is. What could not be seen is told,
and is not wrong.`;

export function doctorCommand(): Command {
  const command = new Command('doctor')
    .description('Checks all that a deployment needs.')
    .addHelpText('after', more)
    .action((options) => run(options));
  return withCommonOptions(command);
}

async function run(options: CommonOptions): Promise<void> {
  const target = await openSite(options);
  using progress = createProgress(process.stderr);
  const findings: Finding[] = [];
  progress.show(() => `Looking: ${findings.at(-1)?.about ?? 'the stack'} is done`);
  for await (const { remedy, ...found } of examine(target, manifest.version)) {
    const finding = remedy === undefined ? found : { ...found, remedy: pasteable(remedy, options) };
    findings.push(finding);
    if (!options.json) progress.aside(() => print(line(finding)));
  }
  progress.end();
  const [wrong, unseen] = (['wrong', 'unseen'] as const).map(
    (state) => findings.filter((finding) => finding.state === state).length,
  );
  process.exitCode = wrong ? EXIT.wrong : EXIT.done;
  if (options.json) {
    printJson(shapes.doctor, { site: toldSite(target), wrong: wrong ?? 0, unseen: unseen ?? 0, findings });
    return;
  }
  const left = unseen ? `, ${unseen} could not be seen` : '';
  print(`\n${wrong ? `${wrong} to mend` : 'Nothing is wrong'}${left}.`);
}

const SIGNS = {
  ok: () => styled('green', '✓'),
  wrong: () => styled('red', '✗'),
  unseen: () => styled('yellow', '?'),
};
const INDENT = '  ';

function line({ about, state, text, remedy }: Finding): string {
  const said = paragraph(`${about}: ${text}`, INDENT, 6).slice(INDENT.length);
  const told = `${SIGNS[state]()} ${said}`;
  return remedy === undefined
    ? told
    : `${told}\n${styled('cyan', paragraph(`→ ${printable(remedy)}`, INDENT))}`;
}
