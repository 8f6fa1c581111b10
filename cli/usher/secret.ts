import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import type * as z from 'zod';
import type { Config } from '../../lib/config.ts';
import { Failure } from '../../lib/records/failure.ts';
import { openSecretStore } from '../../operator/aws/secret-store.ts';
import { configOf } from '../../operator/connections.ts';
import {
  type Checked,
  type NamedConnection,
  readConnectionName,
  readStored,
  tryConnection,
  understand,
} from '../../operator/secrets.ts';
import { InputError } from '../terminal/arguments.ts';
import { createProgress } from '../terminal/progress.ts';
import { printable } from '../terminal/text.ts';
import { type AuditOptions, audit, isConfirmed } from './act.ts';
import { EXIT, Wrong } from './exit.ts';
import { type CommonOptions, withCommonOptions } from './options.ts';
import { pasteable } from './place.ts';
import { paragraph, print, printJson, styled } from './print.ts';
import * as shapes from './shapes.ts';
import { openSite } from './site.ts';
import { toldSite } from './told-site.ts';

const checkMore = `
Reads the secret, judges its shape as the function does, and asks the provider
for one page of its users. Nothing of its content is ever shown.

Examples:
  usher secret check --stage prod                     all of them
  usher secret check fireworks/default --stage prod

Exit status: 0 all work, 1 one does not.`;

const putMore = `
The content is judged before anything is written, and tried at the provider:
what the provider refuses is not written. It is read from a file or from
standard input, so that it gets into no history of a shell.

Examples:
  usher secret put fireworks/default fireworks.json --confirm --stage prod
  pass show fireworks | usher secret put fireworks/default - --confirm --stage prod

Exit status: 0 written (or told, without --confirm), 1 it does not work.`;

export function secretCommand(): Command {
  const check = new Command('check')
    .description('Says whether secrets are well-formed and work.')
    .argument('[connections...]', 'as fireworks/default; all of them where none is named')
    .addHelpText('after', checkMore)
    .action((names: string[], options) => runCheck(names, options));
  const put = new Command('put')
    .description('Gives a connection other credentials, and says when the old ones may go.')
    .argument('<connection>', 'as fireworks/default')
    .argument('<FILE>', "the secret's content; - is standard input")
    .option('--untried', 'writes it even where the provider cannot be asked')
    .option('--reason <text>', 'why, for the audit')
    .option('--audit-file <file>', 'who did what; else USHER_AUDIT_FILE, else .usher/audit.jsonl')
    .option('--confirm', 'does it; without it, and without a yes at a terminal, it is only told')
    .addHelpText('after', putMore)
    .action((name: string, file: string, options) => runPut(name, file, options));
  return new Command('secret')
    .description('Checks and changes the credentials of connections.')
    .addCommand(withCommonOptions(check))
    .addCommand(withCommonOptions(put));
}

async function runCheck(names: readonly string[], options: CommonOptions): Promise<void> {
  const target = await openSite(options);
  const config = await configOf(target);
  using store = openSecretStore(target.region);
  using progress = createProgress(process.stderr);
  progress.show(() => 'Asking Secrets Manager and the providers');
  const { secretPrefix } = config;
  const asked =
    names.length > 0
      ? names
      : (await store.list(secretPrefix)).map((name) => name.slice(secretPrefix.length));
  if (asked.length === 0)
    throw new Wrong(
      pasteable(`There is no secret below ${secretPrefix}: usher secret put fireworks/default FILE`, options),
    );
  const connections = await Promise.all(
    asked.map(async (name) => {
      const connection = named(name, config);
      return told(connection, await tryConnection(connection, config, () => readStored(store, connection)));
    }),
  );
  progress.end();
  process.exitCode = connections.every(({ result }) => result === 'works') ? EXIT.done : EXIT.wrong;
  if (options.json) printJson(shapes.secretCheck, { site: toldSite(target), connections });
  else for (const each of connections) print(line(each));
}

interface PutOptions extends CommonOptions, AuditOptions {
  readonly untried?: boolean;
  readonly confirm?: boolean;
}

/** Each container reads its secrets afresh after five minutes and a half at most. */
const READ_AFRESH_MS = 10 * 60_000;

async function runPut(name: string, file: string, options: PutOptions): Promise<void> {
  const content = file === '-' ? await text(process.stdin) : await readContent(file);
  const target = await openSite(options);
  const config = await configOf(target);
  const connection = named(name, config);
  const tried = await tryContent(connection, config, content, options.untried);
  const site = toldSite(target);
  if (!options.json) print(line(tried));
  if (!(await isConfirmed(`Write it to ${connection.secretName}?`, options.confirm))) {
    if (options.json) printJson(shapes.secretPut, { ...tried, site, isDryRun: true });
    else print('Nothing was written (dry run). To do it, say --confirm.');
    return;
  }
  await audit(target, options, 'secret put', { secret: connection.secretName });
  using store = openSecretStore(target.region);
  const written = await store.write(connection.secretName, content);
  const oldKeyMayGoAt = new Date(Date.now() + READ_AFRESH_MS).toISOString();
  if (options.json) {
    printJson(shapes.secretPut, { ...tried, site, isDryRun: false, written, oldKeyMayGoAt });
    return;
  }
  print(
    written === 'created'
      ? `${connection.secretName} is made.`
      : `${connection.secretName} is changed. Revoke the old key at ${oldKeyMayGoAt}, not sooner: by then no container uses it.`,
  );
  print('Requests that a paused connection holds come back with its next probe, within 72 minutes.');
}

/** Fails where the content cannot be right, or the provider does not take it. */
async function tryContent(
  connection: NamedConnection,
  config: Config,
  content: string,
  isUntriedEnough: boolean | undefined,
): Promise<Told> {
  try {
    understand(connection, content);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Wrong(`Nothing was written. ${error.message}`);
  }
  const tried = told(connection, await tryConnection(connection, config, async () => content));
  if (tried.result === 'works' || (tried.result === 'unclear' && isUntriedEnough)) return tried;
  const more = tried.result === 'unclear' ? ' Where it is to be written all the same, say --untried.' : '';
  throw new Wrong(`Nothing was written. ${printable(tried.message ?? '')}${more}`);
}

function named(name: string, config: Parameters<typeof readConnectionName>[1]): NamedConnection {
  const connection = readConnectionName(name, config);
  if (typeof connection === 'string') throw new InputError(printable(connection));
  return connection;
}

async function readContent(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`${file} cannot be read: ${error.code}`);
  });
}

type Told = z.infer<typeof shapes.connection>;

function told({ provider, connection, secretName }: NamedConnection, checked: Checked): Told {
  return {
    connection: `${provider.name}/${connection}`,
    secret: secretName,
    result: checked.result,
    ...(checked.result !== 'works' && { message: checked.failure.message }),
  };
}

const SAID = {
  works: ['green', 'the provider lists users with it; whether it may also create them, a look does not show'],
  wrong: ['red', 'does not work'],
  unclear: ['yellow', 'could not be tried'],
} as const;

function line({ connection, result, message }: Told): string {
  const [look, said] = SAID[result];
  const head = `${styled('bold', connection)}: ${styled(look, said)}`;
  return message === undefined ? head : `${head}\n${paragraph(message, '  ')}`;
}
