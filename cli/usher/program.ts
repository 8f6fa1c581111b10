import { Command } from 'commander';
import { doctorCommand } from './doctor.ts';
import { EXIT } from './exit.ts';
import { followCommand } from './follow.ts';
import { lettersCommand } from './letters/letters.ts';
import { previewCommand } from './preview.ts';
import { secretCommand } from './secret.ts';
import { sendCommand } from './send.ts';
import { startCommand, stopCommand } from './trigger.ts';

const HELP_COLUMNS = 80;

const more = `
Examples:
  usher doctor --stage prod         is everything as it should be?
  usher letters --stage prod        what failed, why, and what to do
  usher follow ID --stage prod      where is this request?

Looking changes nothing. What changes something is only told, unless you say
--confirm, or yes at a terminal.

Exit status: 0 done, 1 something is wrong with what was looked at, 2 wrong use,
3 not allowed or not reachable.`;

/** The whole command, as `npx usher` runs it. */
export function createProgram(): Command {
  const program = new Command('usher')
    .description('Looks after a deployment of Usher: why, who, what now, and back it goes.')
    .addHelpText('after', more);
  const commands = [
    doctorCommand,
    lettersCommand,
    followCommand,
    previewCommand,
    sendCommand,
    secretCommand,
    stopCommand,
    startCommand,
  ];
  for (const create of commands) program.addCommand(create());
  return configured(program).hook('preAction', (_, action) => inherit(action));
}

/** The same for every command, however deep. */
function configured(command: Command): Command {
  command
    // So that `letters --code x` and `letters redrive --code x` are two things.
    .enablePositionalOptions()
    .configureHelp({ helpWidth: HELP_COLUMNS })
    .showHelpAfterError(`What there is to write: ${fullName(command)} --help`)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.done : EXIT.misused));
  for (const each of command.commands) configured(each);
  return command;
}

/** What was written before the name of a subcommand is meant for it too. */
function inherit(command: Command): void {
  for (let parent = command.parent; parent; parent = parent.parent) {
    for (const option of command.options) {
      const name = option.attributeName();
      const isWritten = parent.getOptionValueSource(name) === 'cli';
      if (isWritten && command.getOptionValueSource(name) !== 'cli')
        command.setOptionValueWithSource(name, parent.getOptionValue(name), 'cli');
    }
  }
}

function fullName(command: Command): string {
  return command.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();
}
