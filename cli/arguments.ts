import { fstatSync } from 'node:fs';
import { isatty } from 'node:tty';
import { InputError } from './requests.ts';

/** What stands behind `npm start` to get the outcome events of a file, or of the demo requests. */
export function jsonArguments(file?: string): string {
  return file === undefined ? '-- --json' : `-- --json ${quoted(file)}`;
}

/** npm takes options that stand before `--` for its own; fails with an `InputError` where it has taken --json. */
export function refuseSwallowedJson(file?: string): void {
  if (process.env.npm_config_json !== 'true') return;
  throw new InputError(`npm has kept --json for itself: write npm start ${jsonArguments(file)}`);
}

/** Of the options of `npm run <script>`, the one that npm has taken for its own, with what to write instead. */
export function swallowedOption(script: string, names: readonly string[]): string | undefined {
  if (process.env.npm_lifecycle_event !== script) return undefined;
  const swallowed = names.find((name) => process.env[`npm_config_${name.replaceAll('-', '_')}`]);
  if (swallowed === undefined) return undefined;
  return `npm has kept --${swallowed} for itself: write npm run ${script} -- --${swallowed} …`;
}

/** Whether somebody has piped or redirected something into this process; reads nothing. */
export function isInputGiven(): boolean {
  if (isatty(0)) return false;
  const input = fstatSync(0);
  return input.isFIFO() || input.isFile();
}

/** As a shell takes it for one word. */
function quoted(word: string): string {
  return /^[\p{L}\p{N}\w./@%+=:,-]+$/u.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
