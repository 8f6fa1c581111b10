/** An option of a command, as it is written after `--`. */
export interface Known {
  readonly name: string;
  readonly hasValue: boolean;
}

/** npm takes a shortened option for its own longer one; what comes first in its alphabet wins. */
const TAKEN_FOR = new Map([['to', 'token_description']]);

/** Which bare word after `npm run <script>` must have belonged to which option; the last one takes what is left. */
const SHAPES: readonly (readonly [name: string, shape: RegExp])[] = [
  ['param', /^[A-Za-z]+=/],
  ['region', /^[a-z]{2}(-[a-z]+)+-\d+$/],
  ['to', /^\d+$/],
  ['stage', /./],
  ['confirm', /./],
];

/**
 * What to write instead, where npm has kept options for itself (`npm run remove --stage=prod`, without `--`) or a bare
 * word was given. npm hands on what it keeps as `npm_config_…`, and leaves the value of `--stage prod` as a word.
 */
export function rightSpelling(
  script: string,
  options: readonly Known[],
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const firstOption = args.findIndex((arg) => arg.startsWith('-'));
  const [words, rest] =
    firstOption < 0 ? [[...args], []] : [args.slice(0, firstOption), args.slice(firstOption)];
  // The words with a shape of their own are given out first.
  const kept = options.flatMap((option) => keptBy(option, environment)).sort(byShape);
  if (kept.length === 0 && words.length === 0) return undefined;

  const left = [...words];
  const spelled = kept.map(({ name, hasValue, value }) => {
    if (!hasValue) return `--${name}`;
    return `--${name} ${quoted(value ?? takenFrom(left, name) ?? '…')}`;
  });
  const isStageNamed = [...spelled, ...rest].some((each) => each.startsWith('--stage'));
  const stage = isStageNamed ? undefined : takenFrom(left, 'stage');
  if (stage !== undefined) spelled.unshift(`--stage ${quoted(stage)}`);
  const instead = `npm run ${script} -- ${[...spelled, ...rest.map(quoted)].join(' ')}`;
  if (kept.length === 0) return `${words.join(' ')} belongs to no option; write: ${instead}`;
  const told = kept.map(({ name, value }) => `--${name}${value === undefined ? '' : `=${value}`}`);
  return `npm has taken ${told.join(' and ')} for itself; write: ${instead}`;
}

interface Kept extends Known {
  /** Undefined where npm has kept the option alone. */
  readonly value: string | undefined;
}

function keptBy(option: Known, environment: Readonly<Record<string, string | undefined>>): Kept[] {
  const { name, hasValue } = option;
  const own = TAKEN_FOR.get(name) ?? name.replaceAll('-', '_');
  const kept = environment[`npm_config_${own}`];
  if (kept === undefined || kept === '') return [];
  // Of an option that was given more than once, npm makes paragraphs.
  return kept
    .split('\n\n')
    .map((value) => ({ ...option, value: hasValue && value !== 'true' ? value : undefined }));
}

function byShape(one: Known, other: Known): number {
  const place = ({ name }: Known) => SHAPES.findIndex(([known]) => known === name);
  return place(one) - place(other);
}

/** Takes the first word out that has the option's shape. */
function takenFrom(words: string[], name: string): string | undefined {
  const shape = SHAPES.find(([known]) => known === name)?.[1] ?? /./;
  const at = words.findIndex((word) => shape.test(word));
  return at < 0 ? undefined : words.splice(at, 1)[0];
}

function quoted(text: string): string {
  return /^[\w./:…-]+$/.test(text) ? text : `"${text}"`;
}
