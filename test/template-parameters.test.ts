import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import * as z from 'zod';

type Resolve = (variable: string) => Promise<string | number>;
type Problems = (options: { resolveVariable: Resolve }) => Promise<unknown>;

const Module = z.object({ problems: z.custom<Problems>((value) => typeof value === 'function') });
const { problems } = Module.parse(await import(new URL('../deployment/parameters.js', import.meta.url).href));

const sound = {
  batchSize: 10,
  batchingWindowSeconds: 0,
  maximumConcurrency: 5,
  timeoutSeconds: 60,
  memoryMb: 512,
  maxReceives: 15,
  secretPrefix: 'usher/dev/',
  fireworksAllowedRoles: 'user,custom',
  vectaraAllowedApiRoles: 'viewer',
  producerArns: '',
  kmsKeyArn: '',
  logLevel: 'INFO',
  logRetentionDays: 30,
  requestRetentionDays: 7,
  deadLetterRetentionDays: 14,
  alarmAddress: '',
  alarmDeadLetters: 1,
  alarmOldestRequestSeconds: 900,
};
type Parameters = Record<keyof typeof sound, string | number>;

function problemsOf(changes: Partial<Parameters>): Promise<unknown> {
  const values = new Map(
    Object.entries({ ...sound, ...changes }).map(([name, value]) => [`param:${name}`, value]),
  );
  return problems({
    resolveVariable: async (variable) => {
      const value = values.get(variable);
      if (value === undefined) throw new Error(`${variable} is not a parameter`);
      return value;
    },
  });
}

const key = 'arn:aws:kms:eu-central-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab';

test.each<Partial<Parameters>>([
  {},
  { batchSize: 450, batchingWindowSeconds: 1 },
  { batchSize: 6750, batchingWindowSeconds: 1, timeoutSeconds: 900 },
  { timeoutSeconds: 900, batchingWindowSeconds: 300 },
  { timeoutSeconds: '100' },
  { maxReceives: 27, requestRetentionDays: 13 },
  { kmsKeyArn: key },
  { kmsKeyArn: 'arn:aws-us-gov:kms:us-gov-west-1:000000000000:key/mrk-1234abcd12ab34cd56ef1234567890ab' },
  { producerArns: 'arn:aws:sns:us-east-1:000000000000:signups' },
  { alarmAddress: 'on-call@example.com' },
])('the parameters %j are accepted', async (changes) => {
  expect(await problemsOf(changes)).toEqual([]);
});

test.each<[Partial<Parameters>, string]>([
  [{ batchSize: 11 }, 'batchSize above 10 needs a batchingWindowSeconds of at least 1'],
  [
    { batchSize: 451, batchingWindowSeconds: 1 },
    'batchSize must be at most 7.5 x timeoutSeconds: ten calls at a time, of a second each, in three quarters of the time',
  ],
  [{ batchSize: 0 }, 'batchSize must be a whole number from 1 to 10000'],
  [{ batchSize: '' }, 'batchSize must be a whole number from 1 to 10000'],
  [{ batchSize: '2.5' }, 'batchSize must be a whole number from 1 to 10000'],
  [{ batchingWindowSeconds: 301 }, 'batchingWindowSeconds must be a whole number from 0 to 300'],
  [{ maximumConcurrency: 1 }, 'maximumConcurrency must be a whole number from 2 to 1000'],
  [{ timeoutSeconds: 59 }, 'timeoutSeconds must be a whole number from 60 to 900'],
  [{ timeoutSeconds: 901 }, 'timeoutSeconds must be a whole number from 60 to 900'],
  [{ memoryMb: 64 }, 'memoryMb must be a whole number from 128 to 10240'],
  [{ maxReceives: 0 }, 'maxReceives must be a whole number from 1 to 300'],
  [
    { maxReceives: 16 },
    'maxReceives must be at most 2 x requestRetentionDays + 1, or SQS may drop a request before it is answered',
  ],
  [
    { requestRetentionDays: 7, deadLetterRetentionDays: 7 },
    'deadLetterRetentionDays must be more than requestRetentionDays, as a message keeps its age when SQS moves it',
  ],
  [{ deadLetterRetentionDays: 15 }, 'deadLetterRetentionDays must be a whole number from 2 to 14'],
  [
    { logRetentionDays: 14 },
    'logRetentionDays must be more than deadLetterRetentionDays, so that what happened to a dead letter can be read',
  ],
  [{ secretPrefix: 'usher' }, 'secretPrefix must be a path that ends in /, such as usher/prod/'],
  [{ secretPrefix: '*/' }, 'secretPrefix must be a path that ends in /, such as usher/prod/'],
  [{ fireworksAllowedRoles: 'user,,custom' }, 'fireworksAllowedRoles must be a list separated by commas'],
  [{ vectaraAllowedApiRoles: '' }, 'vectaraAllowedApiRoles must be a list separated by commas'],
  [{ logLevel: 'info' }, 'logLevel must be DEBUG, INFO, WARN or ERROR'],
  [{ kmsKeyArn: 'alias/usher' }, 'kmsKeyArn must be the ARN of a key (no alias), or empty'],
  [
    { producerArns: 'signups' },
    'producerArns must be the ARNs of SNS topics or EventBridge rules, without wildcards, separated by commas without spaces, or empty',
  ],
  [
    { producerArns: 'arn:aws:sns:*:*:*' },
    'producerArns must be the ARNs of SNS topics or EventBridge rules, without wildcards, separated by commas without spaces, or empty',
  ],
  [{ alarmAddress: 'on-call' }, 'alarmAddress must be one e-mail address, or empty'],
  [{ alarmDeadLetters: 0 }, 'alarmDeadLetters must be a whole number from 1 to 100000'],
  [{ alarmOldestRequestSeconds: 5 }, 'alarmOldestRequestSeconds must be a whole number from 60 to 43200'],
])('the parameters %j are refused', async (changes, problem) => {
  expect(await problemsOf(changes)).toEqual([problem]);
});

test('every parameter of serverless.yml is checked', async () => {
  const text = await readFile(new URL('../serverless.yml', import.meta.url), 'utf8');
  const parameters = text.slice(text.indexOf('  default:'), text.indexOf('\nprovider:'));
  const names = [...parameters.matchAll(/^ {4}(\w+):/gm)].map(([, name]) => name);
  expect(names.sort()).toEqual(Object.keys(sound).sort());
});
