import { styleText } from 'node:util';
import wrapAnsi from 'wrap-ansi';
import type * as z from 'zod';
import { printable } from '../terminal/text.ts';

type Look = Parameters<typeof styleText>[0];

/** Colours for a terminal, and none for a pipe. */
export function styled(look: Look, text: string): string {
  return styleText(look, text, { stream: process.stdout });
}

export function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** The one document of `--json`, in the shape that is promised for it. */
export function printJson<T>(schema: z.ZodType<T>, value: T): void {
  print(JSON.stringify(schema.parse(value), null, 2).replace(STEERING, escaped));
}

/** What JSON may hold as it is, and a terminal would obey. */
const STEERING = /[\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/g;

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

const DEFAULT_COLUMNS = 100;

/** A text from anywhere in lines of the terminal's width, indented. */
export function paragraph(text: string, indent: string, most = 4): string {
  const columns = (process.stdout.columns || DEFAULT_COLUMNS) - indent.length;
  const lines = wrapAnsi(printable(text), Math.max(20, columns), { hard: true }).split('\n');
  const shown = lines.length > most ? [...lines.slice(0, most - 1), `${lines[most - 1]} …`] : lines;
  return shown.map((line) => indent + line).join('\n');
}

/** Milliseconds for people, as how long ago it was. */
export function ago(at: number, now = Date.now()): string {
  const seconds = Math.max(0, Math.round((now - at) / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}
