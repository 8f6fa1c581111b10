import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import { isObject, type JsonObject, parseKeepingDigits } from '../../../lib/json.ts';
import { configOf } from '../../../operator/connections.ts';
import { edited, requestOf, withAssignment, withoutMember } from '../../../operator/letters/edit.ts';
import { judge } from '../../../operator/letters/judge.ts';
import { auditedLetter, type Letter } from '../../../operator/letters/letter.ts';
import { type Look, openLook } from '../../../operator/letters/look.ts';
import { maskedValue, personalIn } from '../../../operator/personal.ts';
import { InputError } from '../../terminal/arguments.ts';
import { printable } from '../../terminal/text.ts';
import { type AuditOptions, audit, isConfirmed, untilInterrupted } from '../act.ts';
import { EXIT, Wrong } from '../exit.ts';
import { type CommonOptions, withCommonOptions, withPersonalOption } from '../options.ts';
import { placeOf } from '../place.ts';
import { print, printJson } from '../print.ts';
import * as shapes from '../shapes.ts';
import { openSite } from '../site.ts';
import { toldSite } from '../told-site.ts';
import { find, openDeadLetters, openRequests } from './open.ts';

const more = `
Without --set, --unset or --file the request opens in $EDITOR. The function's
own reader judges it before it goes back. Where it asks for somebody or
something else than before, it gets a new id, and the former one as causationid:
it is another request, with answers of its own.

Examples:
  usher letters edit signup-4711 --set data.user.email=ada@example.com --stage prod
  usher letters edit 3f0c… --unset data.user.nickname --confirm --stage prod
  usher letters edit 3f0c… --file request.json --confirm --stage prod   one that is no JSON, replaced whole

Exit status: 0 done (or told, without --confirm), 1 there is no such letter, or
it would be refused again.`;

interface EditOptions extends CommonOptions, AuditOptions {
  readonly set?: readonly string[];
  readonly unset?: readonly string[];
  readonly file?: string;
  readonly confirm?: boolean;
}

const gather = (value: string, before: readonly string[] = []) => [...before, value];

export function editCommand(): Command {
  const command = new Command('edit')
    .description('Corrects the request of one letter and sends it back.')
    .argument('<id>', 'an SQS message id, an outcome id or a request id')
    .option('--set <path=value>', 'sets a member; a value that is JSON is taken as such', gather)
    .option('--unset <path>', 'takes a member away', gather)
    .option('--file <file>', 'takes the whole request from a file; - is standard input')
    .option('--reason <text>', 'why, for the audit')
    .option('--audit-file <file>', 'who did what; else USHER_AUDIT_FILE, else .usher/audit.jsonl')
    .option('--confirm', 'does it; without it, and without a yes at a terminal, it is only told')
    .addHelpText('after', more)
    .action((id: string, options) => run(id, options));
  return withCommonOptions(withPersonalOption(command));
}

async function run(id: string, options: EditOptions): Promise<void> {
  const target = await openSite(options);
  const config = await configOf(target);
  using letters = openDeadLetters(target);
  using requests = openRequests(target);
  const letter = only(await find(letters, { ids: [id] }, MOST));
  const outgoing = edited(letter, await newRequest(letter, options));
  const judgement = judge(outgoing.body, config, Date.now());
  if (!judgement.ok) throw new Wrong(`It would be refused again: ${printable(judgement.failure.message)}`);

  const shown = options.showPersonal
    ? outgoing.request
    : maskedValue(outgoing.request, personalIn(letter.body));
  // Numbers keep their digits only as text.
  const request: JsonObject = Object(JSON.parse(JSON.stringify(shown)));
  if (!options.json) print(`${printableJson(request)}\n`);
  const told = { site: toldSite(target), messageId: letter.messageId, request };
  if (!(await isConfirmed('Send it back like this?', options.confirm))) {
    if (options.json) printJson(shapes.edit, { ...told, isDryRun: true });
    else print('Nothing was changed (dry run). To do it, say --confirm.');
    return;
  }
  // Nobody was kept from it meanwhile, so that it may be gone.
  await using look = await openLook(letters, { signal: untilInterrupted() });
  const taken = await take(letter, look);
  await audit(target, options, 'letters edit', {
    letter: auditedLetter(letter),
    newId: judgement.request.id,
  });
  const [sentAs] = await requests.send([outgoing]);
  if (sentAs === undefined) throw new Wrong('SQS did not take it; the letter stays as it was.');
  look.forget(await letters.delete([taken]));
  process.exitCode = EXIT.done;
  if (options.json) printJson(shapes.edit, { ...told, isDryRun: false, sentAs });
  else
    print(
      `It went back as ${sentAs}. What becomes of it: npx usher follow ${printable(judgement.request.id)} ${placeOf(options)}`,
    );
}

/** Of copies of one letter, and of several letters of one request, one must be named by itself. */
const MOST = 20;

function only({ letters, seen }: Awaited<ReturnType<typeof find>>): Letter {
  const [letter, another] = letters;
  if (letter === undefined) throw new Wrong(`None of the ${seen} letters has that id.`);
  if (another === undefined) return letter;
  const ids = letters.map(({ messageId }) => messageId).join(', ');
  throw new Wrong(`${letters.length} letters have that id: name one by its message id (${ids}).`);
}

async function take({ messageId }: Letter, look: Look): Promise<Letter> {
  for await (const letters of look.letters()) {
    const letter = letters.find((each) => each.messageId === messageId);
    if (letter !== undefined) return letter;
  }
  throw new Wrong('Somebody else has taken the letter meanwhile; nothing was sent.');
}

async function newRequest(letter: Letter, { set = [], unset = [], file }: EditOptions): Promise<JsonObject> {
  const before = requestOf(letter);
  if (file !== undefined) return parsed(await readGiven(file));
  if (set.length + unset.length === 0)
    return parsed(await inEditor(before ? JSON.stringify(before, null, 2) : letter.body));
  if (before === undefined)
    throw new InputError('There is no JSON object in this letter: replace it whole, by --file.');
  const without = unset.reduce(withoutMember, before);
  return set.reduce(withAssignment, without);
}

function parsed(content: string): JsonObject {
  const value = parseKeepingDigits(content);
  if (isObject(value)) return value;
  throw new InputError('The request must be one JSON object; nothing was changed.');
}

async function readGiven(file: string): Promise<string> {
  if (file === '-') return text(process.stdin);
  return readFile(file, 'utf8').catch((error: Error) => {
    throw new InputError(`${file} cannot be read: ${error.message}`);
  });
}

/** What somebody makes of a text in the editor of their choice. */
async function inEditor(content: string): Promise<string> {
  const editor = process.env.VISUAL || process.env.EDITOR;
  if (!editor || !process.stdin.isTTY)
    throw new InputError('Say --set, --unset or --file; or set EDITOR, at a terminal.');
  const folder = await mkdtemp(join(tmpdir(), 'usher-'));
  try {
    const path = join(folder, 'request.json');
    await writeFile(path, `${content}\n`, { mode: 0o600 });
    // As git does: the variable may hold arguments. The file's name is ours.
    const child = spawn('sh', ['-c', `${editor} "$1"`, 'sh', path], { stdio: 'inherit' });
    const [code] = await once(child, 'close');
    if (code !== 0) throw new InputError(`${editor} ended with ${code}; nothing was changed.`);
    return await readFile(path, 'utf8');
  } finally {
    await rm(folder, { recursive: true });
  }
}

function printableJson(value: unknown): string {
  return JSON.stringify(value, null, 2)
    .split('\n')
    .map((line) => /^ */.exec(line)?.[0] + printable(line.trimStart()))
    .join('\n');
}
