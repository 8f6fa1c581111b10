import { Command } from 'commander';
import { type DeleteReport, deleteLetters } from '../../../operator/letters/delete.ts';
import { auditedLetter } from '../../../operator/letters/letter.ts';
import { openLook } from '../../../operator/letters/look.ts';
import { survey } from '../../../operator/letters/survey.ts';
import type { Target } from '../../../operator/target.ts';
import { InputError } from '../../terminal/arguments.ts';
import { createProgress } from '../../terminal/progress.ts';
import { amount } from '../../terminal/text.ts';
import { type AuditOptions, audit, isConfirmed, untilInterrupted } from '../act.ts';
import { EXIT } from '../exit.ts';
import {
  type CommonOptions,
  countOf,
  type SelectionOptions,
  selectionOf,
  withCommonOptions,
  withSelection,
} from '../options.ts';
import { print, printJson } from '../print.ts';
import * as shapes from '../shapes.ts';
import { openSite } from '../site.ts';
import { toldSite } from '../told-site.ts';
import { type LetterFile, openLetterFile } from './kept.ts';
import { depthOf, letterCount, openDeadLetters, refuseEmpty, tellSeen, tellUnseen } from './open.ts';

const more = `
What is deleted is gone: the product has had its copy, nobody else has. So each
letter is written to the file of --export first, or --without-export says that
nobody will miss it.

Examples:
  usher letters delete --code request_expired --reason "campaign is over" --export gone.jsonl --stage prod
  usher letters delete 3f0c… --reason "sent by hand" --without-export --confirm --stage prod

Exit status: 0 done (or told, without --confirm), 1 something stayed that was to go.`;

interface DeleteCommandOptions extends CommonOptions, SelectionOptions, AuditOptions {
  /** A file, or false with --without-export. */
  readonly export?: string;
  readonly withoutExport?: boolean;
  readonly limit?: number;
  readonly confirm?: boolean;
}

export function deleteCommand(): Command {
  const command = new Command('delete')
    .description('Deletes selected letters.')
    .argument('[ids...]', 'SQS message ids, outcome ids or request ids')
    .option('--export <file>', 'writes them to this new file first')
    .option('--without-export', 'keeps them nowhere')
    .requiredOption('--reason <text>', 'why, for the audit')
    .option('--limit <n>', 'no more letters than that', countOf)
    .option('--audit-file <file>', 'who did what; else USHER_AUDIT_FILE, else .usher/audit.jsonl')
    .option('--confirm', 'does it; without it, and without a yes at a terminal, it is only told')
    .addHelpText('after', more)
    .action((ids: string[], options) => run(ids, options));
  return withCommonOptions(withSelection(command));
}

async function run(ids: readonly string[], options: DeleteCommandOptions): Promise<void> {
  const selection = selectionOf(options, ids);
  refuseEmpty(selection);
  if ((options.export === undefined) === (options.withoutExport !== true))
    throw new InputError('Say either --export and a file that keeps the letters, or --without-export.');
  const target = await openSite(options);
  using letters = openDeadLetters(target);
  const signal = untilInterrupted();
  const inQueue = await depthOf(letters);

  if (!options.confirm) {
    const progress = createProgress(process.stderr);
    await using look = await openLook(letters, { signal });
    tellSeen(progress, look, inQueue);
    const { seen, selected } = await survey(look, selection);
    progress.end();
    await look[Symbol.asyncDispose]();
    if (!options.json) print(`${amount(selected)} of ${letterCount(seen)} would be deleted.`);
    if (
      selected === 0 ||
      signal.aborted ||
      !(await isConfirmed(`Delete ${letterCount(selected)} for good?`, false))
    )
      return finish(target, options, inQueue, { seen, selected, deleted: 0, failed: 0, ended: 'dry run' });
  }

  await audit(target, options, 'letters delete', { selection, export: options.export });
  await using file = options.export === undefined ? undefined : await openLetterFile(options.export);
  const report = await act({ letters, file, target, options, selection, signal });
  finish(target, options, inQueue, report);
}

interface Acting {
  readonly letters: ReturnType<typeof openDeadLetters>;
  readonly file: LetterFile | undefined;
  readonly target: Target;
  readonly options: DeleteCommandOptions;
  readonly selection: ReturnType<typeof selectionOf>;
  readonly signal: AbortSignal;
}

async function act({ letters, file, target, options, selection, signal }: Acting): Promise<Ended> {
  using progress = createProgress(process.stderr);
  await using look = await openLook(letters, { signal });
  let report: DeleteReport | undefined;
  progress.show(() => `${letterCount(report?.deleted ?? 0)} deleted, ${amount(look.seen())} seen`);
  const steps = deleteLetters({
    ...{ look, letters, selection, signal, limit: options.limit },
    keep: file && ((some) => file.write(some)),
    onDeleted: (some) => audit(target, options, 'letters deleted', { letters: some.map(auditedLetter) }),
  });
  try {
    for await (const step of steps) report = step;
  } catch (error) {
    progress.tell(`${letterCount(report?.deleted ?? 0)} had been deleted by then.`);
    throw error;
  }
  if (report === undefined || report.ended === 'at work')
    throw new Error('the deletion has ended without a report');
  return { ...report, ended: report.ended };
}

type Ended = Omit<DeleteReport, 'ended'> & {
  readonly ended: 'dry run' | Exclude<DeleteReport['ended'], 'at work'>;
};

function finish(target: Target, options: DeleteCommandOptions, inQueue: number, report: Ended): void {
  const { deleted, failed, ended } = report;
  const isDryRun = ended === 'dry run';
  process.exitCode = report.selected === 0 || failed > 0 || ended === 'stopped' ? EXIT.wrong : EXIT.done;
  if (options.json) {
    printJson(shapes.deletion, { site: toldSite(target), isDryRun, ...report });
    return;
  }
  tellUnseen(report.seen, inQueue);
  if (isDryRun) {
    print('Nothing was changed (dry run). To do it, say --confirm.');
    return;
  }
  const kept = options.export === undefined ? '' : `; ${options.export} has them all, personal data included`;
  print(`${letterCount(deleted)} deleted${kept}.`);
  if (failed > 0) print(`SQS did not confirm ${amount(failed)} of them: they may come up again.`);
  if (ended === 'stopped') print('Stopped. The same command goes on with the others, with another file.');
}
