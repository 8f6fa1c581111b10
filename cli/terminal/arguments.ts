import { fstatSync } from 'node:fs';
import { isatty } from 'node:tty';

/** What a person gave cannot be used; the message says why and what to do. */
export class InputError extends Error {}

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
