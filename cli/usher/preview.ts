import { Command } from 'commander';
import type * as z from 'zod';
import { openSecretStore } from '../../operator/aws/secret-store.ts';
import { configOf, openConnections } from '../../operator/connections.ts';
import { masked, personalIn } from '../../operator/personal.ts';
import { type Preview, preview } from '../../operator/preview.ts';
import type { Target } from '../../operator/target.ts';
import { InputError } from '../terminal/arguments.ts';
import { createProgress } from '../terminal/progress.ts';
import { amount, printable } from '../terminal/text.ts';
import { EXIT } from './exit.ts';
import { find, openDeadLetters, refuseEmpty } from './letters/open.ts';
import {
  type CommonOptions,
  countOf,
  type SelectionOptions,
  selectionOf,
  withCommonOptions,
  withPersonalOption,
  withSelection,
} from './options.ts';
import { paragraph, print, printJson, styled } from './print.ts';
import { type RequestLine, readRequestLines } from './requests-file.ts';
import * as shapes from './shapes.ts';
import { openSite } from './site.ts';
import { toldSite } from './told-site.ts';

const more = `
Goes the way of a request through the code of the function, with its secrets,
gates and limits, but calls the provider by GET alone. Where a provider does not
show its users by e-mail, its list is read page by page.

Examples:
  usher preview requests.jsonl --stage prod
  usher preview --letters --code user_conflict --stage prod    would a redrive succeed now?

Exit status: 0 all would have their users, 1 some would not, or it is unclear.`;

interface PreviewOptions extends CommonOptions, SelectionOptions {
  readonly letters?: boolean;
  readonly limit: number;
}

export function previewCommand(): Command {
  const command = new Command('preview')
    .description('Says what would become of requests, and changes nothing.')
    .argument('[FILE]', 'one event a line; - is standard input')
    .option('--letters', 'selected dead letters in place of a file')
    .option('--limit <n>', 'no more letters than that', countOf, 100)
    .addHelpText('after', more)
    .action((file: string | undefined, options) => run(file, options));
  return withCommonOptions(withPersonalOption(withSelection(command)));
}

type Line = z.infer<typeof shapes.previewed>;

async function run(file: string | undefined, options: PreviewOptions): Promise<void> {
  if ((file === undefined) === !options.letters)
    throw new InputError('Say either a FILE of requests or --letters with a selection.');
  const selection = selectionOf(options);
  if (options.letters) refuseEmpty(selection);
  const given = file === undefined ? undefined : await readRequestLines(file);
  const target = await openSite(options);
  const config = await configOf(target);
  const lines = given ?? (await lettersOf(target, selection, options.limit));
  using store = openSecretStore(target.region);
  const connections = openConnections(config, store.client);

  using progress = createProgress(process.stderr);
  let done = 0;
  progress.show(() => `${amount(done)} of ${amount(lines.length)} requests looked up`);
  // The gate of each connection bounds how many are asked at a time.
  const requests = await Promise.all(
    lines.map(async ({ number, body }) => {
      const seen = await preview(body, { config, connections });
      done += 1;
      const told = options.showPersonal ? seen : maskedPreview(seen, body);
      return { line: number, ...told, differences: [...told.differences] } satisfies Line;
    }),
  );
  progress.end();
  process.exitCode = requests.every(({ verdict }) => verdict === 'create' || verdict === 'adopt')
    ? EXIT.done
    : EXIT.wrong;
  if (options.json) printJson(shapes.preview, { site: toldSite(target), requests });
  else print(page(requests));
}

async function lettersOf(
  target: Target,
  selection: ReturnType<typeof selectionOf>,
  limit: number,
): Promise<RequestLine[]> {
  using queue = openDeadLetters(target);
  const { letters } = await find(queue, selection, limit);
  return letters.map(({ body }, at) => ({ number: at + 1, body }));
}

function maskedPreview(seen: Preview, body: string): Preview {
  const personal = personalIn(body);
  const text = (value: string | undefined) => (value === undefined ? value : masked(value, personal));
  return {
    ...seen,
    message: text(seen.message),
    requestId: text(seen.requestId),
  };
}

const LOOKS = {
  create: 'green',
  adopt: 'cyan',
  conflict: 'yellow',
  refused: 'yellow',
  unclear: 'red',
} as const;
const WORDS = {
  create: 'a user would be created',
  adopt: 'the user is there and would be adopted',
  conflict: 'conflict',
  refused: 'would be refused',
  unclear: 'unclear',
};

function page(requests: readonly Line[]): string {
  const shown = requests.map(
    ({ line, requestId = '–', provider = '–', verdict, code, message, differences }) => {
      const differs =
        verdict === 'adopt' && differences.length > 0
          ? `, although it differs in ${differences.join(', ')}`
          : '';
      const head = `${String(line).padStart(5)}  ${printable(requestId)}  ${printable(provider)}  ${styled(LOOKS[verdict], WORDS[verdict])}${printable(differs)}`;
      return message === undefined ? head : `${head}\n${paragraph(`${code}: ${message}`, '       ')}`;
    },
  );
  const counts = Object.entries(Object.groupBy(requests, ({ verdict }) => verdict)).map(
    ([verdict, some = []]) => `${amount(some.length)} ${verdict}`,
  );
  return [
    ...shown,
    '',
    `${amount(requests.length)} requests: ${counts.join(', ')}. Nothing was changed.`,
  ].join('\n');
}
