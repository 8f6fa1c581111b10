import { Command } from 'commander';
import { openLook } from '../../../operator/letters/look.ts';
import { selects } from '../../../operator/letters/selection.ts';
import { createProgress } from '../../terminal/progress.ts';
import { amount } from '../../terminal/text.ts';
import { untilInterrupted } from '../act.ts';
import {
  type CommonOptions,
  type SelectionOptions,
  selectionOf,
  withCommonOptions,
  withSelection,
} from '../options.ts';
import { print, printJson } from '../print.ts';
import { shapes } from '../shapes.ts';
import { openSite } from '../site.ts';
import { toldSite } from '../told-site.ts';
import { openLetterFile } from './kept.ts';
import { depthOf, letterCount, openDeadLetters, refuseEmpty, tellSeen } from './open.ts';

const more = `
The file has a line of JSON for each letter, whole, personal data included, and
only its owner may read it. The letters stay where they are.

Example:
  usher letters export letters.jsonl --code invalid_event --stage prod`;

export function exportCommand(): Command {
  const command = new Command('export')
    .description('Writes selected letters to a file.')
    .argument('<FILE>', 'a new file')
    .argument('[ids...]', 'SQS message ids, outcome ids or request ids')
    .addHelpText('after', more)
    .action((file: string, ids: string[], options) => exportLetters(file, ids, options));
  return withCommonOptions(withSelection(command));
}

async function exportLetters(
  path: string,
  ids: readonly string[],
  options: CommonOptions & SelectionOptions,
): Promise<void> {
  const selection = selectionOf(options, ids);
  refuseEmpty(selection);
  const target = await openSite(options);
  using queue = openDeadLetters(target);
  using progress = createProgress(process.stderr);
  await using file = await openLetterFile(path);
  await using look = await openLook(queue, { signal: untilInterrupted() });
  tellSeen(progress, look, await depthOf(queue));
  let selected = 0;
  for await (const letters of look.letters()) {
    const wanted = letters.filter((letter) => selects(selection, letter));
    selected += wanted.length;
    if (wanted.length > 0) await file.write(wanted);
  }
  progress.end();
  const seen = look.seen();
  if (options.json)
    printJson(shapes['letters export'], { site: toldSite(target), seen, selected, file: path });
  else print(`${amount(selected)} of ${letterCount(seen)} written to ${path}. They hold personal data.`);
}
