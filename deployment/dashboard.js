// The dashboard: whether requests get through, why some do not, and what it costs.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
import { computed } from './parameters.js';

const COLUMNS = 24;
const PERIOD_SECONDS = 300;
// CloudFormation puts in where it is deployed.
const region = `\${AWS::Region}`;
const ownAlarms = `arn:\${AWS::Partition}:cloudwatch:${region}:\${AWS::AccountId}:alarm:`;

const functionNames = ['user-requested', 'request-exhausted'];
const queueNames = ['requests', 'requests-exhausted', 'completions', 'dead-letters'];
const alarmNames = [
  'nothing-completes',
  'connection-paused',
  'requests-wait-too-long',
  'dead-letters-waiting',
  'requests-exhausted',
  ...functionNames.flatMap((name) => [`${name}-errors`, `${name}-throttles`]),
];

const howToRead = `# Usher, stage %STAGE%

**Do signups get through?** *Requests* is the answer: what comes in leaves as completed or dead-lettered, and nothing else becomes of it. A gap between the lines is waiting in the queue; nothing of it is lost.

**If not, why?** Go down row by row: *Why requests fail* counts failure codes, *Calls of providers* tells whether a provider is slow or refuses us, *Queues* what is left to do, *Functions* whether Usher itself is broken, and *What it costs* is for daylight. Each red alarm says in its description what to do; docs/operations.md has a section for each alarm and each failure code.`;

/** The body of the dashboard as JSON, in which CloudFormation still substitutes region and account. */
export const body = async (options) => {
  const memoryMb = await computed((parameters) => parameters.memoryMb)(options);
  const service = await options.resolveVariable('self:service');
  const stage = await options.resolveVariable('sls:stage');
  const widgets = layOut(rowsOf({ prefix: `${service}-${stage}-`, stage, memoryMb }));
  return JSON.stringify({ start: '-PT12H', periodOverride: 'inherit', widgets });
};

function rowsOf({ prefix, stage, memoryMb }) {
  const metrics = metricsOf(prefix, `urn:usher:${stage}`);
  return [
    { height: 5, widgets: [text(howToRead.replace('%STAGE%', stage))] },
    { height: 3, widgets: [alarms(alarmNames.map((name) => `${ownAlarms}${prefix}${name}`))] },
    { height: 7, widgets: flow(metrics) },
    { height: 7, widgets: why(metrics) },
    { height: 7, widgets: [lastTrouble(functionNames.map((name) => `/aws/lambda/${prefix}${name}`))] },
    { height: 6, widgets: providers(metrics) },
    { height: 6, widgets: queues(metrics) },
    { height: 6, widgets: functions(metrics) },
    { height: 6, widgets: cost(metrics, memoryMb) },
  ];
}

/** Lays each row's widgets out over the full width, all equally wide. */
function layOut(rows) {
  let y = 0;
  return rows.flatMap(({ height, widgets }) => {
    const width = COLUMNS / widgets.length;
    const placed = widgets.map((widget, index) => ({ ...widget, x: index * width, y, width, height }));
    y += height;
    return placed;
  });
}

const flow = ({ ofQueue, ofUsher }) => [
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

const why = ({ search }) => [
  graph('Why requests fail (by code)', 'Sum', [search('Failures', 'code', 'Sum')], {
    stacked: true,
  }),
  graph('Requests tried again, by provider', 'Sum', [search('Retries', 'provider', 'Sum')], {
    stacked: true,
  }),
];

const providers = ({ search, ofUsher }) => [
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

const queues = ({ ofEachQueue }) => [
  graph('Queues: age of the oldest message (s)', 'Maximum', ofEachQueue('ApproximateAgeOfOldestMessage')),
  graph('Queues: messages waiting', 'Maximum', ofEachQueue('ApproximateNumberOfMessagesVisible')),
];

const functions = ({ ofEachFunction }) => [
  graph('Functions: errors', 'Sum', ofEachFunction('Errors')),
  graph('Functions: throttles', 'Sum', ofEachFunction('Throttles')),
  graph('Functions: longest invocation (ms)', 'Maximum', ofEachFunction('Duration')),
  graph('Functions: containers at once', 'Maximum', ofEachFunction('ConcurrentExecutions')),
];

const cost = ({ ofFunction, ofEachFunction, ofEachQueue, ofUsher, ofLogGroup }, memoryMb) => [
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

const gigabyteSeconds = (memoryMb) => ({
  expression: `(FILL(user, 0) + FILL(exhausted, 0)) / 1000 * ${memoryMb} / 1024`,
  label: 'GB-seconds',
  id: 'compute',
});

/** How CloudWatch writes the metrics of this deployment. */
function metricsOf(prefix, source) {
  const ofQueue = (name, queue, options) => ['AWS/SQS', name, 'QueueName', prefix + queue, options];
  const ofFunction = (name, of, options) => ['AWS/Lambda', name, 'FunctionName', prefix + of, options];
  return {
    ofQueue,
    ofFunction,
    ofEachQueue: (name) => queueNames.map((queue) => ofQueue(name, queue, { label: queue })),
    ofEachFunction: (name) => functionNames.map((of) => ofFunction(name, of, { label: of })),
    ofLogGroup: (name, of, options) => [
      'AWS/Logs',
      name,
      'LogGroupName',
      `/aws/lambda/${prefix}${of}`,
      options,
    ],
    ofUsher: (name, dimensions, options) => [
      'Usher',
      name,
      ...Object.entries({ source, ...dimensions }).flat(),
      options,
    ],
    // A line for each value of the dimension that there is.
    search: (name, by, stat) => [
      {
        expression: `SEARCH('{Usher,source,${by}} MetricName="${name}" source="${source}"', '${stat}', ${PERIOD_SECONDS})`,
        id: `${name.toLowerCase()}_${stat.toLowerCase()}`,
      },
    ],
  };
}

const graph = (title, stat, metrics, options = {}) => ({
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

const text = (markdown) => ({ type: 'text', properties: { markdown } });
const alarms = (arns) => ({ type: 'alarm', properties: { title: 'Alarms', alarms: arns } });

function lastTrouble(logGroupNames) {
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
