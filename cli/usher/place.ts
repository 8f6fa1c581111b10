import type { CommonOptions } from './options.ts';

/** Where a command works, as it is written behind one. */
export function placeOf({ local, stage }: CommonOptions): string {
  return local ? '--local' : `--stage ${stage}`;
}

const COMMAND = /\busher ((?:doctor|letters|follow|preview|send|secret|stop|start)[^;,.)]*)/g;

/** A text with the commands that it names as they can be pasted. */
export function pasteable(text: string, options: CommonOptions): string {
  return text.replace(COMMAND, (_, rest: string) => `npx usher ${rest.trim()} ${placeOf(options)}`);
}
