// Writes stage.example.yml from the parameters: `npm run example`.
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import wrap from 'wrap-ansi';
import { stringify } from 'yaml';
import { parameters } from './parameters.ts';
import { names } from './settings.ts';

const file = fileURLToPath(new URL('stage.example.yml', import.meta.url));
const WIDTH = 110;

const HEAD = `The parameters of a stage. Copy this to deployment/stage.<name>.yml, keep the lines that differ from the defaults
below, and commit it: every deployment of that stage takes them from there. Lists may be written as lists of YAML, too.
--param "name=value" sets one for a single deployment.`;

/** All that a stage can set, each with its reason and its default; the one that a stage that matters should set is set. */
export function exampleFile(): string {
  const entries = names.map((name) => {
    const { default: fallback, why } = parameters[name];
    const value = typeof fallback === 'function' ? fallback('<stage>') : fallback;
    const line = name === 'deletionProtection' ? 'deletionProtection: true' : `# ${name}: ${written(value)}`;
    return `${comment(why)}\n${line}\n`;
  });
  return `${comment(HEAD.replaceAll('\n', ' '))}\n\n${entries.join('\n')}`;
}

function written(value: string | number | boolean | readonly string[]): string {
  return stringify(typeof value === 'object' ? value.join(',') : value, { lineWidth: 0 }).trim();
}

function comment(text: string): string {
  return wrap(text, WIDTH - 2)
    .split('\n')
    .map((line) => `# ${line}`)
    .join('\n');
}

if (import.meta.main) await writeFile(file, exampleFile());
