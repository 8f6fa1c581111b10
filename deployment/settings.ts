import { type Name, parameters, rules, type Settings } from './parameters.ts';

/** Where a setting was taken from. */
export type Source = 'default' | 'stage file' | 'command line';

export interface Reading {
  /** A sound value for every parameter; the default in place of a wrong one. */
  readonly settings: Settings;
  readonly sources: Readonly<Record<Name, Source>>;
  /** What is wrong with what was written down, a sentence each. */
  readonly problems: readonly string[];
}

export interface Written {
  /** What `deployment/stage.<name>.yml` holds; undefined where there is none. */
  readonly file?: unknown;
  /** `name=value`, as given with `--param`. */
  readonly params?: readonly string[];
}

export const names = Object.keys(parameters) as Name[];

/** Short enough for a function's name, which has at most 64 characters. */
const STAGE = /^[a-z][a-z0-9-]{0,19}$/;

/** What is wrong with the name of a stage, if anything. */
export function problemOfStage(stage: string): string | undefined {
  if (stage === 'example') return 'deployment/stage.example.yml is for reading: name the stage otherwise';
  if (STAGE.test(stage)) return undefined;
  return 'a stage is named with up to 20 small letters, digits and hyphens, the first a letter, such as prod';
}

/** Reads the parameters of a stage: the command line goes before its file, and that before the defaults. */
export function readSettings(stage: string, { file, params = [] }: Written): Reading {
  const problems: string[] = [];
  const fromFile = membersOf(file, problems);
  const fromCommandLine = pairsOf(params, problems);
  const sources = {} as Record<Name, Source>;

  function take(name: Name): unknown {
    const { default: fallback, read, rule } = parameters[name];
    const defaultValue = typeof fallback === 'function' ? fallback(stage) : fallback;
    const source = fromCommandLine.has(name) ? 'command line' : fromFile.has(name) ? 'stage file' : 'default';
    sources[name] = source;
    if (source === 'default') return defaultValue;
    const value = read(source === 'command line' ? fromCommandLine.get(name) : fromFile.get(name));
    if (value === undefined) problems.push(`${name} ${rule}`);
    return value ?? defaultValue;
  }

  const settings = Object.fromEntries(names.map((name) => [name, take(name)])) as unknown as Settings;
  problems.push(...rules.filter(([isBroken]) => isBroken(settings)).map(([, problem]) => problem));
  return { settings, sources, problems };
}

function membersOf(file: unknown, problems: string[]): Map<string, unknown> {
  if (file === undefined || file === null) return new Map();
  if (typeof file !== 'object' || Array.isArray(file)) {
    problems.push("the stage's file must hold parameters, such as maximumConcurrency: 10");
    return new Map();
  }
  return known(Object.entries(file), problems);
}

function pairsOf(params: readonly string[], problems: string[]): Map<string, unknown> {
  const pairs = params.map((param): [string, string] => {
    const at = param.indexOf('=');
    return at < 1 ? [param, ''] : [param.slice(0, at).trim(), param.slice(at + 1)];
  });
  const bare = params.filter((param) => param.indexOf('=') < 1);
  problems.push(...bare.map((param) => `"${param}" must be given as name=value`));
  return known(
    pairs.filter(([name]) => !bare.includes(name)),
    problems,
  );
}

/** A misspelt name would otherwise change nothing and be noticed by nobody. */
function known(entries: readonly [string, unknown][], problems: string[]): Map<string, unknown> {
  const unknown = entries.filter(([name]) => !Object.hasOwn(parameters, name));
  problems.push(
    ...unknown.map(([name]) => `there is no parameter ${name}; deployment/stage.example.yml lists them all`),
  );
  return new Map(entries);
}
