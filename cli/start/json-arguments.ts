import { InputError } from '../terminal/arguments.ts';

/** What stands behind `npm start` to get the outcome events of a file, or of the demo requests. */
export function jsonArguments(file?: string): string {
  return file === undefined ? '-- --json' : `-- --json ${quoted(file)}`;
}

/** npm takes options that stand before `--` for its own; fails with an `InputError` where it has taken --json. */
export function refuseSwallowedJson(file?: string): void {
  if (process.env.npm_config_json !== 'true') return;
  throw new InputError(`npm has kept --json for itself: write npm start ${jsonArguments(file)}`);
}

/** As a shell takes it for one word. */
function quoted(word: string): string {
  return /^[\p{L}\p{N}\w./@%+=:,-]+$/u.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
