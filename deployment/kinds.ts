/** A kind of parameter: what a value of it is, and how one that was written down becomes it. */
export interface Parameter<Value> {
  /** Where a stage has none of its own; may follow from the stage's name. */
  readonly default: Value | ((stage: string) => Value);
  /** Why there is such a parameter, and what to consider; shown in `stage.example.yml`. */
  readonly why: string;
  /** What a value must be, to follow its name: "must be a whole number from 1 to 10". */
  readonly rule: string;
  /** The value that was written down, in a file or on the command line, or undefined where it breaks the rule. */
  readonly read: (written: unknown) => Value | undefined;
  /** What a text, or each entry of a list, looks like. */
  readonly pattern?: RegExp;
  /** The bounds of a number. */
  readonly least?: number;
  readonly most?: number;
}

interface Described<Value> {
  readonly default: Value | ((stage: string) => Value);
  readonly why: string;
}

interface Numbers extends Described<number> {
  readonly least: number;
  readonly most: number;
}

interface Texts extends Described<string> {
  readonly pattern: RegExp;
  readonly rule: string;
}

interface Lists extends Described<readonly string[]> {
  /** What each entry looks like. */
  readonly pattern: RegExp;
  readonly rule: string;
}

export function wholeNumber({ least, most, ...described }: Numbers): Parameter<number> {
  return {
    ...described,
    ...{ least, most },
    rule: `must be a whole number from ${least} to ${most}`,
    read(written) {
      const text = typeof written === 'string' ? written.trim() : written;
      const value = typeof text === 'string' && text !== '' ? Number(text) : text;
      return Number.isInteger(value) && Number(value) >= least && Number(value) <= most
        ? Number(value)
        : undefined;
    },
  };
}

/** One of the numbers that AWS knows. */
export function oneOf({
  values,
  ...described
}: Described<number> & { readonly values: readonly number[] }): Parameter<number> {
  return {
    ...described,
    rule: `must be one of ${values.join(', ')}`,
    read: (written) => values.find((value) => String(value) === String(written)),
  };
}

export function flag(described: Described<boolean>): Parameter<boolean> {
  return {
    ...described,
    rule: 'must be true or false',
    read: (written) => FLAGS.get(String(written)),
  };
}

const FLAGS = new Map([
  ['true', true],
  ['false', false],
]);

/** Nothing at all, as `name:` in a file or `name=` on the command line, is the empty text. */
export function text({ pattern, ...described }: Texts): Parameter<string> {
  return {
    ...described,
    pattern,
    read(written) {
      const value = written ?? '';
      return typeof value === 'string' && pattern.test(value) ? value : undefined;
    },
  };
}

/** A list of YAML, or one text with commas between its entries. */
export function list({ pattern, ...described }: Lists): Parameter<readonly string[]> {
  return {
    ...described,
    pattern,
    read(written) {
      const entries = Array.isArray(written) ? written.map(String) : entriesOf(written);
      return entries?.every((entry) => pattern.test(entry)) ? entries : undefined;
    },
  };
}

function entriesOf(written: unknown): string[] | undefined {
  if (written === null || written === '') return [];
  return typeof written === 'string' ? written.split(',').map((entry) => entry.trim()) : undefined;
}
