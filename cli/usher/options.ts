import { type Command, Option } from 'commander';
import type { Selection } from '../../operator/letters/selection.ts';
import { InputError } from '../terminal/arguments.ts';

/** The options that every command has. */
export interface CommonOptions {
  readonly stage?: string;
  readonly region?: string;
  readonly local?: boolean;
  readonly json?: boolean;
  readonly showPersonal?: boolean;
}

export function withCommonOptions(command: Command): Command {
  return command
    .addOption(new Option('--stage <name>', 'which stage').env('USHER_STAGE'))
    .option('--region <name>', 'which region; else AWS_REGION, AWS_DEFAULT_REGION or that of the AWS profile')
    .option('--local', 'what `npm run local` keeps running, in place of a stage')
    .option('--json', 'one JSON document on standard output, for machines');
}

export function withPersonalOption(command: Command): Command {
  return command.option('--show-personal', 'shows e-mails, names and keys instead of masking them');
}

const gather = (value: string, before: readonly string[] = []) => [...before, ...value.split(',')];

export function withSelection(command: Command): Command {
  return command
    .option('--code <codes>', 'of these failure codes; - for those without one', gather)
    .option('--provider <names>', 'of these providers', gather)
    .option('--connection <names>', 'of these connections', gather)
    .option('--remote <states>', 'whose user is absent, present or unknown at the provider', gather)
    .option('--before <time>', 'that ended before a time, 2026-01-31T09:30:00Z or 2h ago', timeOf)
    .option('--after <time>', 'that ended after a time', timeOf)
    .option('--match <text>', 'in which this text stands')
    .option('--all', 'all of them');
}

export type SelectionOptions = Omit<Selection, 'ids'>;

/** The selection that was written; `ids` are the arguments. */
export function selectionOf(options: SelectionOptions, ids: readonly string[] = []): Selection {
  const { code, provider, connection, remote, before, after, match, all } = options;
  return {
    ...(ids.length > 0 && { ids }),
    ...(code && { code }),
    ...(provider && { provider }),
    ...(connection && { connection }),
    ...(remote && { remote }),
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
    ...(match && { match }),
    ...(all && { all }),
  };
}

const UNITS: Readonly<Record<string, number>> = {
  s: 1_000,
  min: 60_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds since 1970 of a time, or of so long ago. */
export function timeOf(text: string): number {
  const [, count, unit = ''] = /^(\d+)\s*(s|m|min|h|d)(?: ago)?$/.exec(text) ?? [];
  if (count !== undefined) return Date.now() - Number(count) * (UNITS[unit] ?? 0);
  const time = /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) throw new InputError(`"${text}" is no time: write 2026-01-31T09:30:00Z, or 2h, 3d`);
  return time;
}

/** A whole number from 1. */
export function countOf(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InputError(`"${text}" is no whole number from 1`);
}
