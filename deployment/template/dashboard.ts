// The dashboard: whether requests get through, why some do not, and what it costs.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
import { type Resources, sub } from './intrinsics.ts';
import { type Deployment, type FunctionName, functionNames, prefixOf, sourceOf } from './names.ts';

const COLUMNS = 24;
const PERIOD_SECONDS = 300;
// CloudFormation puts in where it is deployed.
const region = `\${AWS::Region}`;
const ownAlarms = `arn:\${AWS::Partition}:cloudwatch:${region}:\${AWS::AccountId}:alarm:`;

const queueNames = ['requests', 'requests-exhausted', 'completions', 'dead-letters'];

interface Widget {
  readonly type: 'metric' | 'text' | 'alarm' | 'log';
  readonly properties: Readonly<Record<string, unknown>>;
}

interface Row {
  readonly height: number;
  readonly widgets: readonly Widget[];
}

type Options = Readonly<Record<string, unknown>>;
type Dimensions = Readonly<Record<string, string>>;
/** One line of a graph, as CloudWatch writes it. */
type Metric = readonly unknown[];
type Metrics = ReturnType<typeof metricsOf>;

const howToRead = `# Usher, stage %STAGE%

**Do signups get through?** *Requests* is the answer: what comes in leaves as completed or dead-lettered, and nothing else becomes of it. A gap between the lines is waiting in the queue; nothing of it is lost.

**If not, why?** Go down row by row: *Why requests fail* counts failure codes, *Calls of providers* tells whether a provider is slow or refuses us, *Queues* what is left to do, *Functions* whether Usher itself is broken, and *What it costs* is for daylight. Each red alarm says in its description what to do; docs/operations.md has a section for each alarm and each failure code.`;

/** One page: how it is, at a glance. */
export function dashboard(deployment: Deployment, alarmNames: readonly string[]): Resources {
  const widgets = layOut(rowsOf(deployment, alarmNames));
  const body = JSON.stringify({ start: '-PT12H', periodOverride: 'inherit', widgets });
  return {
    Dashboard: {
      Type: 'AWS::CloudWatch::Dashboard',
      Properties: {
        DashboardName: prefixOf(deployment).replace(/-$/, ''),
        DashboardBody: sub(body),
      },
    },
  };
}

function rowsOf(deployment: Deployment, alarmNames: readonly string[]): Row[] {
  const { stage, settings } = deployment;
  const prefix = prefixOf(deployment);
  const metrics = metricsOf(prefix, sourceOf(deployment));
  return [
    { height: 5, widgets: [text(howToRead.replace('%STAGE%', stage))] },
    { height: 3, widgets: [alarms(alarmNames.map((name) => `${ownAlarms}${name}`))] },
    { height: 7, widgets: flow(metrics) },
    { height: 7, widgets: why(metrics) },
    { height: 7, widgets: [lastTrouble(functionNames.map((name) => `/aws/lambda/${prefix}${name}`))] },
    { height: 6, widgets: providers(metrics) },
    { height: 6, widgets: queues(metrics) },
    { height: 6, widgets: functions(metrics) },
    { height: 6, widgets: cost(metrics, settings.memoryMb) },
  ];
}

/** Lays each row's widgets out over the full width, all equally wide. */
function layOut(rows: readonly Row[]): Widget[] {
  let y = 0;
  return rows.flatMap(({ height, widgets }) => {
    const width = COLUMNS / widgets.length;
    const placed = widgets.map((widget, index) => ({ ...widget, x: index * width, y, width, height }));
    y += height;
    return placed;
  });
}

const flow = ({ ofQueue, ofUsher }: Metrics) => [
  graph('Requests', 'Sum', [
    ofQueue('NumberOfMessagesSent', 'requests', { label: 'in', color: '#1f77b4' }),
    ofUsher('Requests', { outcome: 'completed' }, { label: 'completed', color: '#2ca02c' }),
    ofUsher('Requests', { outcome: 'dead-lettered' }, { label: 'dead-lettered', color: '#d62728' }),
  ]),
  graph(
    'From request to completion (ms)',
    'p50',
    ['p50', 'p90', 'p99'].map((stat) =>
      ofUsher('TimeToOutcome', { outcome: 'completed' }, { label: stat, stat }),
    ),
  ),
  graph('Requests in the queue', 'Maximum', [
    ofQueue('ApproximateNumberOfMessagesVisible', 'requests', { label: 'waiting' }),
    ofQueue('ApproximateNumberOfMessagesNotVisible', 'requests', {
      label: 'at work, or before the next try',
    }),
  ]),
];

const why = ({ search }: Metrics) => [
  graph('Why requests fail (by code)', 'Sum', [search('Failures', 'code', 'Sum')], {
    stacked: true,
  }),
  graph('Requests tried again, by provider', 'Sum', [search('Retries', 'provider', 'Sum')], {
    stacked: true,
  }),
];

const providers = ({ search, ofUsher }: Metrics) => [
  graph('Calls of providers', 'SampleCount', [search('ProviderLatency', 'provider', 'SampleCount')]),
  graph('Half of the calls take at most (ms)', 'p50', [search('ProviderLatency', 'provider', 'p50')]),
  graph('99 of 100 calls take at most (ms)', 'p99', [search('ProviderLatency', 'provider', 'p99')]),
  graph('Refused by providers, and paused', 'Sum', [
    ofUsher('Failures', { code: 'provider_throttled' }, { label: 'throttled' }),
    ofUsher('Failures', { code: 'provider_capacity' }, { label: 'over capacity' }),
    ofUsher('Failures', { code: 'provider_unauthorized' }, { label: 'unauthorized' }),
    ofUsher('Failures', { code: 'provider_not_found' }, { label: 'not found' }),
    ofUsher('Failures', { code: 'provider_unavailable' }, { label: 'unavailable' }),
    ofUsher('PausedConnections', {}, { label: 'paused connections', stat: 'Maximum', yAxis: 'right' }),
  ]),
];

const queues = ({ ofEachQueue }: Metrics) => [
  graph('Queues: age of the oldest message (s)', 'Maximum', ofEachQueue('ApproximateAgeOfOldestMessage')),
  graph('Queues: messages waiting', 'Maximum', ofEachQueue('ApproximateNumberOfMessagesVisible')),
];

const functions = ({ ofEachFunction }: Metrics) => [
  graph('Functions: errors', 'Sum', ofEachFunction('Errors')),
  graph('Functions: throttles', 'Sum', ofEachFunction('Throttles')),
  graph('Functions: longest invocation (ms)', 'Maximum', ofEachFunction('Duration')),
  graph('Functions: containers at once', 'Maximum', ofEachFunction('ConcurrentExecutions')),
];

const cost = (
  { ofFunction, ofEachFunction, ofEachQueue, ofUsher, ofLogGroup }: Metrics,
  memoryMb: number,
) => [
  graph('What it costs: invocations', 'Sum', ofEachFunction('Invocations')),
  graph('What it costs: compute (GB-seconds)', 'Sum', [
    [gigabyteSeconds(memoryMb)],
    ofFunction('Duration', 'user-requested', { id: 'user', visible: false }),
    ofFunction('Duration', 'request-exhausted', { id: 'exhausted', visible: false }),
  ]),
  graph('What it costs: messages sent to queues', 'Sum', ofEachQueue('NumberOfMessagesSent')),
  graph('What it costs: polls of empty queues', 'Sum', ofEachQueue('NumberOfEmptyReceives')),
  graph('What it costs: bytes of log', 'Sum', [
    ...functionNames.map((name) => ofLogGroup('IncomingBytes', name, { label: name })),
  ]),
  graph('What it costs: reads of secrets', 'Sum', [ofUsher('SecretReads', {}, { label: 'reads' })]),
];

const gigabyteSeconds = (memoryMb: number) => ({
  expression: `(FILL(user, 0) + FILL(exhausted, 0)) / 1000 * ${memoryMb} / 1024`,
  label: 'GB-seconds',
  id: 'compute',
});

/** How CloudWatch writes the metrics of this deployment. */
function metricsOf(prefix: string, source: string) {
  const ofQueue = (name: string, queue: string, options: Options): Metric => [
    'AWS/SQS',
    name,
    'QueueName',
    prefix + queue,
    options,
  ];
  const ofFunction = (name: string, of: FunctionName, options: Options): Metric => [
    'AWS/Lambda',
    name,
    'FunctionName',
    prefix + of,
    options,
  ];
  return {
    ofQueue,
    ofFunction,
    ofEachQueue: (name: string) => queueNames.map((queue) => ofQueue(name, queue, { label: queue })),
    ofEachFunction: (name: string) => functionNames.map((of) => ofFunction(name, of, { label: of })),
    ofLogGroup: (name: string, of: FunctionName, options: Options): Metric => [
      'AWS/Logs',
      name,
      'LogGroupName',
      `/aws/lambda/${prefix}${of}`,
      options,
    ],
    ofUsher: (name: string, dimensions: Dimensions, options: Options): Metric => [
      'Usher',
      name,
      ...Object.entries({ source, ...dimensions }).flat(),
      options,
    ],
    // A line for each value of the dimension that there is.
    search: (name: string, by: string, stat: string): Metric => [
      {
        expression: `SEARCH('{Usher,source,${by}} MetricName="${name}" source="${source}"', '${stat}', ${PERIOD_SECONDS})`,
        id: `${name.toLowerCase()}_${stat.toLowerCase()}`,
      },
    ],
  };
}

const graph = (title: string, stat: string, metrics: readonly Metric[], options: Options = {}): Widget => ({
  type: 'metric',
  properties: {
    title,
    region,
    view: 'timeSeries',
    stacked: false,
    period: PERIOD_SECONDS,
    stat,
    metrics,
    yAxis: { left: { min: 0 }, right: { min: 0 } },
    ...options,
  },
});

const text = (markdown: string): Widget => ({ type: 'text', properties: { markdown } });
const alarms = (arns: readonly string[]): Widget => ({
  type: 'alarm',
  properties: { title: 'Alarms', alarms: arns },
});

function lastTrouble(logGroupNames: readonly string[]): Widget {
  const sources = logGroupNames.map((name) => `SOURCE '${name}'`).join(' | ');
  const query = [
    sources,
    'fields @timestamp, level, message, provider, connection, code, secret, receives, requestId, record.status',
    // Time-outs and deaths of a function stand in Lambda's own lines, which have no level.
    'filter level in ["WARN", "ERROR", "FATAL"] or record.status in ["timeout", "error", "failure"]',
    'sort @timestamp desc',
    'limit 50',
  ].join(' | ');
  return {
    type: 'log',
    properties: { title: 'Last trouble, request by request', region, view: 'table', query },
  };
}
