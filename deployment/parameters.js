// The parameters of serverless.yml, and which values Usher cannot keep its promise with.

/** The least and the most that AWS or Usher itself can live with. */
const numbers = {
  batchSize: [1, 10_000],
  batchingWindowSeconds: [0, 300],
  maximumConcurrency: [2, 1000],
  // A quarter of it is kept for sending outcomes, which may take 14 seconds.
  timeoutSeconds: [60, 900],
  memoryMb: [128, 10_240],
  maxReceives: [1, 300],
  requestRetentionDays: [1, 13],
  deadLetterRetentionDays: [2, 14],
  logRetentionDays: [1, 3653],
  alarmDeadLetters: [1, 100_000],
  alarmOldestRequestSeconds: [60, 43_200],
};

const list = /^[^\s,]+( *, *[^\s,]+)*$/;
const texts = {
  // It bounds what the function may read, so it must not be open to every secret.
  secretPrefix: [/^[\w/+=.@-]+\/$/, 'must be a path that ends in /, such as usher/prod/'],
  fireworksAllowedRoles: [list, 'must be a list separated by commas'],
  vectaraAllowedApiRoles: [list, 'must be a list separated by commas'],
  logLevel: [/^(DEBUG|INFO|WARN|ERROR)$/, 'must be DEBUG, INFO, WARN or ERROR'],
  // IAM policies and grants know no alias.
  kmsKeyArn: [
    /^(arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+)?$/,
    'must be the ARN of a key (no alias), or empty',
  ],
  producerArns: [
    /^(arn:[\w-]+:(sns|events):[^\s,*?]+(,arn:[\w-]+:(sns|events):[^\s,*?]+)*)?$/,
    'must be the ARNs of SNS topics or EventBridge rules, without wildcards, separated by commas without spaces, or empty',
  ],
  alarmAddress: [/^([^\s@]+@[^\s@]+)?$/, 'must be one e-mail address, or empty'],
};

/** What must not be between parameters, each with what to do about it; a value that is no number fits none. */
const rules = [
  [
    (it) => it.batchSize > 10 && it.batchingWindowSeconds < 1,
    'batchSize above 10 needs a batchingWindowSeconds of at least 1',
  ],
  [
    // Records that never start would use up their receives. Ten calls of one connection run at a time
    // (PROVIDER_CONCURRENCY), and a quarter of the time is kept for sending outcomes.
    (it) => it.batchSize > 10 * 0.75 * it.timeoutSeconds,
    'batchSize must be at most 7.5 x timeoutSeconds: ten calls at a time, of a second each, in three quarters of the time',
  ],
  [
    (it) => it.requestRetentionDays >= it.deadLetterRetentionDays,
    'deadLetterRetentionDays must be more than requestRetentionDays, as a message keeps its age when SQS moves it',
  ],
  [
    (it) => it.deadLetterRetentionDays >= it.logRetentionDays,
    'logRetentionDays must be more than deadLetterRetentionDays, so that what happened to a dead letter can be read',
  ],
  [
    // A provider's Retry-After may put off each receive by the 12 hours that SQS allows.
    (it) => it.maxReceives - 1 > 2 * it.requestRetentionDays,
    'maxReceives must be at most 2 x requestRetentionDays + 1, or SQS may drop a request before it is answered',
  ],
];

/** A value of serverless.yml that follows from its parameters. */
export const computed =
  (derive) =>
  async ({ resolveVariable }) =>
    derive(await readParameters(resolveVariable));

/** What is wrong with the parameters, one sentence a problem. */
export const problems = computed((parameters) => [
  ...Object.entries(numbers).flatMap(([name, limits]) => numberProblems(name, parameters[name], limits)),
  ...Object.entries(texts).flatMap(([name, rule]) => textProblems(name, parameters[name], rule)),
  ...rules.filter(([isBroken]) => isBroken(parameters)).map(([, problem]) => problem),
]);

async function readParameters(resolveVariable) {
  const names = [...Object.keys(numbers), ...Object.keys(texts)];
  const values = await Promise.all(names.map((name) => resolveVariable(`param:${name}`)));
  return Object.fromEntries(names.map((name, index) => [name, convert(name, values[index])]));
}

// The command line gives text only.
function convert(name, value) {
  if (!(name in numbers)) return String(value);
  return String(value).trim() === '' ? Number.NaN : Number(value);
}

function numberProblems(name, value, [least, most]) {
  const isFine = Number.isInteger(value) && value >= least && value <= most;
  return isFine ? [] : [`${name} must be a whole number from ${least} to ${most}`];
}

function textProblems(name, value, [pattern, rule]) {
  return pattern.test(value) ? [] : [`${name} ${rule}`];
}
