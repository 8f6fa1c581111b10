import { Command } from 'commander';
import { adviceFor } from '../../../operator/letters/advice.ts';
import type { LetterGroup } from '../../../operator/letters/groups.ts';
import { openLook } from '../../../operator/letters/look.ts';
import { survey } from '../../../operator/letters/survey.ts';
import { createProgress } from '../../terminal/progress.ts';
import { amount, printable, shortened, tableOf } from '../../terminal/text.ts';
import { untilInterrupted } from '../act.ts';
import { EXIT } from '../exit.ts';
import {
  type CommonOptions,
  type SelectionOptions,
  selectionOf,
  withCommonOptions,
  withPersonalOption,
  withSelection,
} from '../options.ts';
import { pasteable } from '../place.ts';
import { ago, paragraph, print, printJson, styled } from '../print.ts';
import * as shapes from '../shapes.ts';
import { openSite } from '../site.ts';
import { toldSite } from '../told-site.ts';
import { deleteCommand } from './delete.ts';
import { editCommand } from './edit.ts';
import { exportCommand } from './export.ts';
import { depthOf, isoTime, letterCount, openDeadLetters, tellSeen, tellUnseen } from './open.ts';
import { redriveCommand } from './redrive.ts';
import { showCommand } from './show.ts';

const more = `
Looking takes nothing from anybody: every letter is given back at the end.

Examples:
  usher letters --stage prod                          what failed, in groups
  usher letters --stage prod --provider vectara --after 2h
  usher letters show 3f0c… --stage prod               one letter in full
  usher letters redrive --code provider_unauthorized --probe --stage prod

Exit status: 0 there are none, 1 there are some.`;

export function lettersCommand(): Command {
  const command = new Command('letters')
    .description('Shows dead letters in groups: how many, why, and what to do.')
    .addHelpText('after', more)
    .action((options) => show(options));
  withCommonOptions(withPersonalOption(withSelection(command)));
  for (const each of [showCommand, exportCommand, redriveCommand, deleteCommand, editCommand])
    command.addCommand(each());
  return command;
}

async function show(options: CommonOptions & SelectionOptions): Promise<void> {
  const target = await openSite(options);
  const selection = selectionOf(options);
  using queue = openDeadLetters(target);
  const inQueue = await depthOf(queue);
  using progress = createProgress(process.stderr);
  await using look = await openLook(queue, { signal: untilInterrupted() });
  tellSeen(progress, look, inQueue);
  const { seen, selected, groups } = await survey(look, selection, { isMasked: !options.showPersonal });
  progress.end();
  process.exitCode = selected === 0 ? EXIT.done : EXIT.wrong;
  if (options.json) {
    const told = groups.map(({ oldest, newest, ...group }) => ({
      ...group,
      oldest: isoTime(oldest),
      newest: isoTime(newest),
      advice: pasteable(adviceFor(group.code), options),
    }));
    printJson(shapes.letters, { site: toldSite(target), seen, inQueue, selected, groups: told });
    return;
  }
  if (groups.length > 0) print(`${tableOfGroups(groups, options)}\n`);
  const chosen = selected === seen ? '' : `, ${amount(selected)} of them selected`;
  print(
    seen === 0 && inQueue === 0
      ? 'There are no dead letters.'
      : `${amount(seen)} of about ${letterCount(Math.max(seen, inQueue))} seen${chosen}.`,
  );
  tellUnseen(seen, inQueue);
}

const COLUMNS = [
  { title: 'Count', align: 'right' as const },
  { title: 'Code' },
  { title: 'Connection' },
  { title: 'User is' },
  { title: 'Oldest', align: 'right' as const },
  { title: 'Newest', align: 'right' as const },
];
const INDENT = '       ';

function tableOfGroups(groups: readonly LetterGroup[], options: CommonOptions): string {
  const rows = groups.map(({ count, code, provider = '–', connection, remote = '–', oldest, newest }) =>
    [
      amount(count),
      shortened(printable(code ?? 'none'), 26),
      shortened(printable(connection === undefined ? provider : `${provider}/${connection}`), 26),
      shortened(printable(remote), 8),
      ago(oldest),
      ago(newest),
    ].map((text) => ({ text })),
  );
  const [titles = '', ...lines] = tableOf(COLUMNS, rows);
  const details = groups.map(({ code, example: { messageId, requestId, message } }) => {
    const who = requestId === undefined ? messageId : `${messageId}, request ${requestId}`;
    return [
      paragraph(`${message ?? 'tells no reason'} (${who})`, INDENT, 3),
      styled('cyan', paragraph(`→ ${pasteable(adviceFor(code), options)}`, INDENT)),
    ].join('\n');
  });
  return [styled('bold', titles), ...lines.map((line, at) => `${line}\n${details[at]}`)].join('\n');
}
