// Every value that a deployment may want to change, with its reason.
import { type AllowList, allowListNames, allowLists } from './allow-lists.ts';
import { flag, list, oneOf, type Parameter, text, wholeNumber } from './kinds.ts';

const KEY = /^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+$/;
const PRINCIPAL = /^arn:[\w-]+:iam::\d{12}:(root|(role|user)\/[\w+=,.@/-]+)$/;
const ROLE_NAME = /^[^\s,]+$/;
const orEmpty = (pattern: RegExp) => new RegExp(`^$|${pattern.source}`);

function allowedRoles() {
  const described = allowListNames.map((name) => {
    const { default: fallback, why } = allowLists[name];
    return [name, list({ default: fallback, pattern: ROLE_NAME, rule: 'must be a list of roles', why })];
  });
  return Object.fromEntries(described) as Record<AllowList, Parameter<readonly string[]>>;
}

export const parameters = {
  batchSize: wholeNumber({
    default: 10,
    least: 1,
    most: 10_000,
    why: 'Records side by side in one invocation, and the most that one SendMessageBatch takes. Above 10, Lambda wants a batching window of at least a second; above 7.5 x timeoutSeconds some would never be started in time.',
  }),
  batchingWindowSeconds: wholeNumber({
    default: 0,
    least: 0,
    most: 300,
    why: 'Somebody waits for each account: a batch is not held back to fill up.',
  }),
  maximumConcurrency: wholeNumber({
    default: 5,
    least: 0,
    most: 1000,
    why: 'Containers at once, 2 at least. 5 x 10 records with half a second a call are the 6,000 calls a minute that Fireworks allows; what is beyond waits in the queue instead of burning receives. 0 where minimumPollers and maximumPollers are set instead.',
  }),
  minimumPollers: wholeNumber({
    default: 0,
    least: 0,
    most: 200,
    why: 'Provisioned pollers, which are there before a burst is and are billed by the hour: 2 to 200. They take the place of maximumConcurrency; reservedConcurrency then bounds the containers. 0: none.',
  }),
  maximumPollers: wholeNumber({
    default: 0,
    least: 0,
    most: 2000,
    why: 'How far Lambda may scale them: 2 to 2,000, no less than minimumPollers.',
  }),
  reservedConcurrency: wholeNumber({
    default: 0,
    least: 0,
    most: 10_000,
    why: "A share of the account's concurrency that user-requested alone may use, and no more than it; at least maximumConcurrency. request-exhausted then gets 2 of its own. 0: none, both use what the account has left.",
  }),
  triggerEnabled: flag({
    default: true,
    why: 'Whether requests are read from the queue. false deploys, or keeps, a stopped stage: its requests wait.',
  }),
  timeoutSeconds: wholeNumber({
    default: 60,
    least: 60,
    most: 900,
    why: 'Room for a slow provider and a look-up after it; a batch that dies is back after six of these. A quarter of it is kept for sending outcomes, which takes up to 14 seconds in the worst case: no less than 60.',
  }),
  memoryMb: wholeNumber({
    default: 512,
    least: 128,
    most: 10_240,
    why: 'The work is waiting for HTTP; Lambda gives CPU by memory, and less slows the cold start.',
  }),
  maxReceives: wholeNumber({
    default: 15,
    least: 1,
    most: 300,
    why: 'The receive on which the function gives up: its delays until then ride out hours of outage.',
  }),
  secretPrefix: text({
    default: (stage) => `usher/${stage}/`,
    // It bounds what the function may read, so it must not be open to every secret.
    pattern: /^[\w/+=.@-]+\/$/,
    rule: 'must be a path that ends in /, such as usher/prod/',
    why: 'Each stage reads its own secrets: <prefix><provider>/<connection>.',
  }),
  ...allowedRoles(),
  copyDeadLetters: flag({
    default: true,
    why: 'The product finds every answer in the completions queue, dead letters too, and the dead-letter queue belongs to the operators. false: the product has to read the dead letters there, and whoever takes one first keeps it.',
  }),
  producerArns: list({
    default: [],
    pattern: /^arn:[\w-]+:(sns|events):[^\s,*?]+$/,
    rule: 'must be the ARNs of SNS topics or EventBridge rules, without wildcards',
    why: 'SNS topics and EventBridge rules that send requests. Other producers of this account attach the ProducerPolicy of the outputs to their own role instead.',
  }),
  producerPrincipalArns: list({
    default: [],
    pattern: PRINCIPAL,
    rule: 'must be the ARNs of IAM roles, users or accounts (arn:aws:iam::111122223333:root)',
    why: 'Roles of other accounts that send requests. They also need a policy of their own account, and the key where there is one.',
  }),
  consumerPrincipalArns: list({
    default: [],
    pattern: PRINCIPAL,
    rule: 'must be the ARNs of IAM roles, users or accounts (arn:aws:iam::111122223333:root)',
    why: 'Roles of other accounts that read outcomes; likewise.',
  }),
  outcomeVisibilitySeconds: wholeNumber({
    default: 360,
    least: 0,
    most: 43_200,
    why: 'How long a received outcome stays hidden: six times the time-out of a function that reads it, which AWS asks for, is right for one of a minute.',
  }),
  kmsKeyArn: text({
    default: '',
    // IAM policies and grants know no alias.
    pattern: orEmpty(KEY),
    rule: 'must be the ARN of a key (no alias), or empty',
    why: "A customer managed KMS key for the queues; empty: SQS's own encryption, which costs and asks nothing. The deployment lets both functions and the policies of the outputs use the key. The key's policy must let the account delegate that to IAM, as the default key policy does, and, with producerArns, allow sns.amazonaws.com or events.amazonaws.com kms:Decrypt and kms:GenerateDataKey.",
  }),
  formerKmsKeyArns: list({
    default: [],
    pattern: KEY,
    rule: 'must be the ARNs of keys (no aliases)',
    why: 'Keys that the queues had before. A message stays under the key that it was sent under: keep a key here for deadLetterRetentionDays after a change.',
  }),
  secretsKmsKeyArn: text({
    default: '',
    pattern: orEmpty(KEY),
    rule: 'must be the ARN of a key (no alias), or empty',
    why: "The customer managed KMS key that the secrets lie under, where it is another one than kmsKeyArn; empty: kmsKeyArn, or Secrets Manager's own.",
  }),
  logLevel: text({
    default: 'INFO',
    pattern: /^(DEBUG|INFO|WARN|ERROR)$/,
    rule: 'must be DEBUG, INFO, WARN or ERROR',
    why: 'Of our own log lines. Metrics are lines too and always written.',
  }),
  logRetentionDays: oneOf({
    default: 30,
    // https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
    values: [
      1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
    ],
    why: 'Longer than a dead letter lives, so that what happened to it can still be read.',
  }),
  requestRetentionDays: wholeNumber({
    default: 7,
    least: 1,
    most: 13,
    why: 'Longer than maxReceives can take, or SQS would drop a request that was not yet answered.',
  }),
  deadLetterRetentionDays: wholeNumber({
    default: 14,
    least: 2,
    most: 14,
    why: 'Completions and dead letters: the most that SQS allows, as somebody has to find the time to read them.',
  }),
  deletionProtection: flag({
    default: false,
    why: 'For stages that matter: the stack cannot be removed, and its queues and logs would outlive it, until it is deployed with false.',
  }),
  alarmAddresses: list({
    default: [],
    pattern: /^[^\s@,]+@[^\s@,]+$/,
    rule: 'must be e-mail addresses',
    why: 'Who is told of alarms; each address gets one e-mail to confirm. None: a topic to subscribe to otherwise.',
  }),
  alarmTopicArn: text({
    default: '',
    pattern: /^$|^arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]+$/,
    rule: 'must be the ARN of an SNS topic, or empty',
    why: "An SNS topic that there is already, in place of the stack's own. CloudWatch must be allowed to publish to it.",
  }),
  alarmDeadLetters: wholeNumber({
    default: 1,
    least: 1,
    most: 100_000,
    why: 'Dead letters there, read or not, for a quarter of an hour before somebody is called. 1 where an operator answers each; more where bad requests are part of the day.',
  }),
  alarmCompletions: wholeNumber({
    default: 1000,
    least: 0,
    most: 1_000_000,
    why: 'Completions unread for a quarter of an hour before somebody is called. 0: no such alarm.',
  }),
  alarmOldestCompletionSeconds: wholeNumber({
    default: 3600,
    least: 0,
    most: 1_209_600,
    why: 'How long a completion may lie before somebody is called. 0: no such alarm, for stages whose completions nobody reads.',
  }),
  alarmOldestRequestSeconds: wholeNumber({
    default: 900,
    least: 60,
    most: 43_200,
    why: 'How long a request may wait before somebody is called: longer than the first three tries of one that is retried, after which SQS no longer counts it.',
  }),
  namePrefix: text({
    default: '',
    pattern: /^$|^[a-z][a-z0-9-]{0,18}-$/,
    rule: 'must be up to 20 small letters, digits and hyphens that begin with a letter and end with a hyphen, such as acme-, or empty',
    why: 'In front of every name (acme-usher-prod-requests), where an organisation wants that; the roles then have names too. Never changed later: queues would be replaced.',
  }),
  permissionsBoundaryArn: text({
    default: '',
    pattern: /^$|^arn:[\w-]+:iam::(\d{12}|aws):policy\/[\w+=,.@/-]+$/,
    rule: 'must be the ARN of an IAM policy, or empty',
    why: 'The permissions boundary that roles must have in this account.',
  }),
  rolePath: text({
    default: '/',
    pattern: /^\/([\w+=,.@-]+\/)*$/,
    rule: 'must be a path that begins and ends with /, such as /service/',
    why: 'The IAM path of roles and policies.',
  }),
  tags: list({
    default: [],
    pattern: /^(?!aws:)[\w .:/+@-]{1,128}=[\w .:/+=@-]{0,256}$/,
    rule: 'must be tags, such as team=identity',
    why: 'Tags on everything that the stack makes.',
  }),
  vpcSubnetIds: list({
    default: [],
    pattern: /^subnet-([0-9a-f]{8}|[0-9a-f]{17})$/,
    rule: 'must be ids of subnets',
    why: 'Subnets for the functions, where calls must leave by a VPC: it needs a way to SQS, Secrets Manager and the providers (endpoints, a NAT gateway). None: no VPC, which is faster and cheaper.',
  }),
  vpcSecurityGroupIds: list({
    default: [],
    pattern: /^sg-([0-9a-f]{8}|[0-9a-f]{17})$/,
    rule: 'must be ids of security groups',
    why: 'The security groups that go with them.',
  }),
} satisfies Record<string, Parameter<unknown>>;

export type Name = keyof typeof parameters;

/** A value for every parameter. */
export type Settings = {
  readonly [Key in Name]: Exclude<ReturnType<(typeof parameters)[Key]['read']>, undefined>;
};

/** A provider whose users cannot be without a role would refuse them all. */
const neverEmpty = allowListNames.filter((name) => allowLists[name].default.length > 0);

/** What must not be between values, each with what to do about it. */
export const rules: readonly (readonly [isBroken: (settings: Settings) => boolean, problem: string])[] = [
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
  [
    (it) => hasPollers(it) && (it.minimumPollers < 2 || it.maximumPollers < it.minimumPollers),
    'minimumPollers must be at least 2, and maximumPollers no less than it',
  ],
  [
    (it) => hasPollers(it) && it.maximumConcurrency > 0,
    'minimumPollers and maximumPollers take the place of maximumConcurrency: set that to 0, and bound the containers with reservedConcurrency',
  ],
  [
    (it) => !hasPollers(it) && it.maximumConcurrency < 2,
    'maximumConcurrency must be at least 2, or minimumPollers and maximumPollers set in its place',
  ],
  [
    (it) => it.reservedConcurrency > 0 && it.reservedConcurrency < it.maximumConcurrency,
    'reservedConcurrency must be at least maximumConcurrency, or requests would be throttled and use up their receives',
  ],
  [
    (it) => (it.vpcSubnetIds.length === 0) !== (it.vpcSecurityGroupIds.length === 0),
    'vpcSubnetIds and vpcSecurityGroupIds go together',
  ],
  [
    (it) => it.alarmTopicArn !== '' && it.alarmAddresses.length > 0,
    'alarmAddresses are told by a topic of the stack: subscribe them to alarmTopicArn yourself, or leave that out',
  ],
  [
    (it) => it.kmsKeyArn !== '' && it.formerKmsKeyArns.includes(it.kmsKeyArn),
    'formerKmsKeyArns must not name kmsKeyArn itself',
  ],
  [
    (it) => neverEmpty.some((name) => it[name].length === 0),
    `${neverEmpty.slice(0, -1).join(', ')} and ${neverEmpty.at(-1)} must name a role each`,
  ],
];

function hasPollers({ minimumPollers, maximumPollers }: Settings): boolean {
  return minimumPollers > 0 || maximumPollers > 0;
}
