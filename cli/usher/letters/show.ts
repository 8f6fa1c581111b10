import { Command } from 'commander';
import type * as z from 'zod';
import { parseJson } from '../../../lib/json.ts';
import { configOf } from '../../../operator/connections.ts';
import { adviceFor } from '../../../operator/letters/advice.ts';
import type { Letter } from '../../../operator/letters/letter.ts';
import { masked, maskedValue, personalIn } from '../../../operator/personal.ts';
import { printable } from '../../terminal/text.ts';
import { Wrong } from '../exit.ts';
import { type CommonOptions, withCommonOptions, withPersonalOption } from '../options.ts';
import { pasteable, placeOf } from '../place.ts';
import { ago, print, printJson, styled } from '../print.ts';
import * as shapes from '../shapes.ts';
import { openSite } from '../site.ts';
import { toldSite } from '../told-site.ts';
import { find, isoTime, openDeadLetters, refuserFor } from './open.ts';

const more = `
Examples:
  usher letters show signup-4711 --stage prod                  by the request's id
  usher letters show 3f0c4d9e-… --stage prod --show-personal   by that of the letter

Exit status: 0 it is there, 1 it is not.`;

export function showCommand(): Command {
  const command = new Command('show')
    .description('Shows letters in full: all copies of one request, where it has several.')
    .argument('<ids...>', 'SQS message ids, outcome ids or request ids')
    .addHelpText('after', more)
    .action((ids: string[], options) => show(ids, options));
  return withCommonOptions(withPersonalOption(command));
}

const MOST = 50;
/** More of a body than that is told by `export`. */
const MOST_BODY_LINES = 200;

async function show(ids: readonly string[], options: CommonOptions): Promise<void> {
  const target = await openSite(options);
  const config = await configOf(target);
  using queue = openDeadLetters(target);
  const { letters, seen } = await find(queue, { ids }, MOST);
  if (letters.length === 0)
    throw new Wrong(
      `None of the ${seen} letters has that id. What became of the request: npx usher follow ${printable(ids[0] ?? '')} ${placeOf(options)}`,
    );
  const refuse = refuserFor(config);
  const shown = letters.map((letter) => toldLetter(letter, refuse(letter)?.message, options));
  if (options.json) printJson(shapes.shownLetters, { site: toldSite(target), letters: shown });
  else for (const letter of shown) print(page(letter));
}

type ShownLetter = z.infer<typeof shapes.letter>;

/** A letter as it may be shown. */
export function toldLetter(letter: Letter, refusal: string | undefined, options: CommonOptions): ShownLetter {
  const isPersonalShown = options.showPersonal === true;
  const personal = isPersonalShown ? [] : personalIn(letter.body);
  const text = (value: string | undefined) =>
    isPersonalShown || value === undefined ? value : masked(value, personal);
  const body = parseJson(letter.body) ?? letter.body;
  const { messageId, kind, receives, at } = letter;
  return {
    ...{ messageId, kind, receives },
    code: text(letter.code),
    message: text(letter.message),
    provider: text(letter.provider),
    connection: text(letter.connection),
    remote: text(letter.remote),
    at: isoTime(at),
    outcomeId: text(letter.outcomeId),
    requestId: text(letter.requestId),
    source: text(letter.source),
    groupId: text(letter.groupId),
    advice: pasteable(adviceFor(letter.code), options),
    canSucceed: refusal === undefined,
    refusal: text(refusal),
    attributes: Object.fromEntries(
      Object.entries(letter.attributes).map(([name, { StringValue = '(binary)' }]) => [
        name,
        text(StringValue) ?? '',
      ]),
    ),
    body: isPersonalShown ? body : maskedValue(body, personal),
  };
}

function page(letter: ShownLetter): string {
  const {
    messageId,
    code,
    message,
    provider = '–',
    connection = '–',
    remote = 'unknown',
    at,
    requestId,
  } = letter;
  const facts = [
    ['letter', messageId],
    ['request', `${requestId ?? '–'}${letter.source === undefined ? '' : ` from ${letter.source}`}`],
    ['ended', `${at} (${ago(Date.parse(at))} ago)`],
    ['connection', `${provider}/${connection}`],
    ['code', code ?? 'none'],
    ['why', message ?? '–'],
    ['user is', remote],
    ['as it is', letter.canSucceed ? 'may be redriven' : `cannot succeed: ${letter.refusal}`],
    ['what to do', letter.advice],
  ];
  const body = typeof letter.body === 'string' ? letter.body : JSON.stringify(letter.body, null, 2);
  // Line by line, so that nothing in it can steer the terminal.
  const lines = body
    .split('\n')
    .slice(0, MOST_BODY_LINES)
    .map((line) => line.replace(/^ */, '') && line);
  const shown = lines.map((line) => /^ */.exec(line)?.[0] + printable(line.trimStart()).slice(0, 10_000));
  return [
    ...facts.map(([name = '', value = '']) => `${styled('bold', name.padEnd(11))}${printable(value)}`),
    '',
    ...shown,
    ...(body.split('\n').length > MOST_BODY_LINES ? ['… (all of it: letters export)'] : []),
    '',
  ].join('\n');
}
