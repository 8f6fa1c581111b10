import type { Clock } from '../clock.ts';

type Dimension = 'outcome' | 'provider' | 'code';

interface MetricKind {
  readonly unit: 'Count' | 'Milliseconds';
  /** By which dimensions CloudWatch keeps it, beside `source`; each combination of values is billed. */
  readonly by: readonly (readonly Dimension[])[];
}

/** Everything that is measured. */
const METRICS = {
  /** Requests that were answered. */
  Requests: { unit: 'Count', by: [['outcome'], ['outcome', 'provider']] },
  /** From the moment when SQS got the request until it confirmed the outcome. */
  TimeToOutcome: { unit: 'Milliseconds', by: [['outcome']] },
  /** What ended or delayed a request, each time. */
  Failures: { unit: 'Count', by: [['code']] },
  /** Requests that went back to the queue. */
  Retries: { unit: 'Count', by: [[], ['provider']] },
  /** Each call of a provider, tokens aside. */
  ProviderLatency: { unit: 'Milliseconds', by: [['provider']] },
  /** Connections of which a request met the pause, or caused it, since the last flush. */
  PausedConnections: { unit: 'Count', by: [[], ['provider']] },
  /** Calls of Secrets Manager. */
  SecretReads: { unit: 'Count', by: [[]] },
} as const satisfies Record<string, MetricKind>;

export type MetricName = keyof typeof METRICS;
export type MetricDimensions = Readonly<Partial<Record<Dimension, string>>>;

/** Gathers measurements and writes them in CloudWatch's embedded metric format. */
export interface Metrics {
  /** Adds to a count, or one duration. */
  add(name: MetricName, value: number, dimensions?: MetricDimensions): void;
  /** Adds one to a count, but only once for each `what` until the next flush. */
  mark(name: MetricName, what: string, dimensions?: MetricDimensions): void;
  /** Writes what was gathered since the last time. */
  flush(): void;
}

interface Group {
  readonly dimensions: MetricDimensions;
  readonly values: Map<MetricName, number[]>;
}

const NAMESPACE = 'Usher';
/** CloudWatch takes no more values of one metric in one line. */
const MAX_VALUES = 100;

/**
 * Writes a line for each combination of dimensions; `source` tells one deployment from another.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function createMetrics(source: string, clock: Clock, write: (line: string) => void): Metrics {
  const marked = new Set<string>();
  const gathered = new Map<string, Group>();

  function add(name: MetricName, value: number, dimensions: MetricDimensions = {}): void {
    const values = valuesOf(gathered, name, dimensions);
    if (METRICS[name].unit === 'Count') values[0] = (values[0] ?? 0) + value;
    else if (values.push(value) === MAX_VALUES) writeGathered();
  }

  function writeGathered(): void {
    for (const { dimensions, values } of gathered.values()) {
      const _aws = { Timestamp: clock.now(), CloudWatchMetrics: [...values.keys()].map(directive) };
      const event = { _aws, source, ...dimensions, ...Object.fromEntries(values) };
      write(`${JSON.stringify(event)}\n`);
    }
    gathered.clear();
  }

  return {
    add,
    mark(name, what, dimensions) {
      const key = `${name} ${what}`;
      if (!marked.has(key)) add(name, 1, dimensions);
      marked.add(key);
    },
    flush() {
      marked.clear();
      writeGathered();
    },
  };
}

function valuesOf(groups: Map<string, Group>, name: MetricName, dimensions: MetricDimensions): number[] {
  const { outcome, provider, code } = dimensions;
  const key = `${outcome} ${provider} ${code}`;
  const known = groups.get(key)?.values.get(name);
  if (known) return known;
  const group = groups.get(key) ?? { dimensions, values: new Map() };
  groups.set(key, group);
  const values = group.values.get(name) ?? [];
  group.values.set(name, values);
  return values;
}

function directive(name: MetricName) {
  const { unit, by } = METRICS[name];
  const Dimensions = by.map((dimensions) => ['source', ...dimensions]);
  return { Namespace: NAMESPACE, Dimensions, Metrics: [{ Name: name, Unit: unit }] };
}
