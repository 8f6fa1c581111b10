import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { exampleFile } from '../deployment/example.ts';
import { problemOfStage, readSettings } from '../deployment/settings.ts';

const key = 'arn:aws:kms:eu-central-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const governmentKey =
  'arn:aws-us-gov:kms:us-gov-west-1:000000000000:key/mrk-1234abcd12ab34cd56ef1234567890ab';

const problemsOf = (...params: string[]) => readSettings('dev', { params }).problems;

test.each([
  [[]],
  [['batchSize=450', 'batchingWindowSeconds=1']],
  [['batchSize=6750', 'batchingWindowSeconds=1', 'timeoutSeconds=900']],
  [['timeoutSeconds=900', 'batchingWindowSeconds=300']],
  [['maxReceives=27', 'requestRetentionDays=13']],
  [[`kmsKeyArn=${key}`]],
  [[`kmsKeyArn=${governmentKey}`, `formerKmsKeyArns=${key}`]],
  [['kmsKeyArn=']],
  [['producerArns=arn:aws:sns:us-east-1:000000000000:signups']],
  [['producerArns=']],
  [['producerPrincipalArns=arn:aws:iam::111122223333:role/path/signup,arn:aws:iam::111122223333:root']],
  [['alarmAddresses=on-call@example.com, boss@example.com']],
  [['maximumConcurrency=0', 'minimumPollers=2', 'maximumPollers=20', 'reservedConcurrency=20']],
  [['vpcSubnetIds=subnet-0123abcd', 'vpcSecurityGroupIds=sg-0123abcd']],
  [['tags=team=identity,cost centre=a=b']],
  [['rolePath=/a/b/', 'namePrefix=acme-']],
])('the parameters %j are accepted', (params) => {
  expect(problemsOf(...params)).toEqual([]);
});

const arnRule = 'must be the ARNs of SNS topics or EventBridge rules, without wildcards';
const principalRule = 'must be the ARNs of IAM roles, users or accounts (arn:aws:iam::111122223333:root)';

test.each([
  [['batchSize=11'], 'batchSize above 10 needs a batchingWindowSeconds of at least 1'],
  [
    ['batchSize=451', 'batchingWindowSeconds=1'],
    'batchSize must be at most 7.5 x timeoutSeconds: ten calls at a time, of a second each, in three quarters of the time',
  ],
  [['batchSize=0'], 'batchSize must be a whole number from 1 to 10000'],
  [['batchSize='], 'batchSize must be a whole number from 1 to 10000'],
  [['batchSize=abc'], 'batchSize must be a whole number from 1 to 10000'],
  [['batchSize=2.5'], 'batchSize must be a whole number from 1 to 10000'],
  [['batchingWindowSeconds=301'], 'batchingWindowSeconds must be a whole number from 0 to 300'],
  [
    ['maximumConcurrency=1'],
    'maximumConcurrency must be at least 2, or minimumPollers and maximumPollers set in its place',
  ],
  [
    ['minimumPollers=2', 'maximumPollers=20'],
    'minimumPollers and maximumPollers take the place of maximumConcurrency: set that to 0, and bound the containers with reservedConcurrency',
  ],
  [
    ['maximumConcurrency=0', 'minimumPollers=3', 'maximumPollers=2'],
    'minimumPollers must be at least 2, and maximumPollers no less than it',
  ],
  [
    ['reservedConcurrency=4'],
    'reservedConcurrency must be at least maximumConcurrency, or requests would be throttled and use up their receives',
  ],
  [['triggerEnabled=no'], 'triggerEnabled must be true or false'],
  [['timeoutSeconds=59'], 'timeoutSeconds must be a whole number from 60 to 900'],
  [['timeoutSeconds=901'], 'timeoutSeconds must be a whole number from 60 to 900'],
  [['memoryMb=64'], 'memoryMb must be a whole number from 128 to 10240'],
  [['maxReceives=0'], 'maxReceives must be a whole number from 1 to 300'],
  [['maxReceives=abc'], 'maxReceives must be a whole number from 1 to 300'],
  [
    ['maxReceives=16'],
    'maxReceives must be at most 2 x requestRetentionDays + 1, or SQS may drop a request before it is answered',
  ],
  [
    ['deadLetterRetentionDays=7'],
    'deadLetterRetentionDays must be more than requestRetentionDays, as a message keeps its age when SQS moves it',
  ],
  [['deadLetterRetentionDays=15'], 'deadLetterRetentionDays must be a whole number from 2 to 14'],
  [
    ['logRetentionDays=14'],
    'logRetentionDays must be more than deadLetterRetentionDays, so that what happened to a dead letter can be read',
  ],
  [
    ['logRetentionDays=20'],
    'logRetentionDays must be one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653',
  ],
  [['secretPrefix=usher'], 'secretPrefix must be a path that ends in /, such as usher/prod/'],
  [['secretPrefix=*/'], 'secretPrefix must be a path that ends in /, such as usher/prod/'],
  [['fireworksAllowedRoles=user,,custom'], 'fireworksAllowedRoles must be a list of roles'],
  [
    ['vectaraAllowedApiRoles='],
    expect.stringMatching(/^fireworksAllowedRoles, vectaraAllowedApiRoles.* must name a role each$/),
  ],
  [['logLevel=info'], 'logLevel must be DEBUG, INFO, WARN or ERROR'],
  [['kmsKeyArn=alias/usher'], 'kmsKeyArn must be the ARN of a key (no alias), or empty'],
  [[`kmsKeyArn=${key}`, `formerKmsKeyArns=${key}`], 'formerKmsKeyArns must not name kmsKeyArn itself'],
  [['producerArns=signups'], `producerArns ${arnRule}`],
  [['producerArns=arn:aws:sns:*:*:*'], `producerArns ${arnRule}`],
  [['consumerPrincipalArns=*'], `consumerPrincipalArns ${principalRule}`],
  [['alarmAddresses=on-call'], 'alarmAddresses must be e-mail addresses'],
  [
    ['alarmAddresses=a@example.com', 'alarmTopicArn=arn:aws:sns:us-east-1:000000000000:pager'],
    'alarmAddresses are told by a topic of the stack: subscribe them to alarmTopicArn yourself, or leave that out',
  ],
  [['alarmDeadLetters=0'], 'alarmDeadLetters must be a whole number from 1 to 100000'],
  [['alarmOldestRequestSeconds=5'], 'alarmOldestRequestSeconds must be a whole number from 60 to 43200'],
  [['vpcSubnetIds=subnet-0123abcd'], 'vpcSubnetIds and vpcSecurityGroupIds go together'],
  [['tags=aws:team=a'], 'tags must be tags, such as team=identity'],
  [['rolePath=service'], 'rolePath must be a path that begins and ends with /, such as /service/'],
  [
    ['namePrefix=Acme'],
    'namePrefix must be up to 20 small letters, digits and hyphens that begin with a letter and end with a hyphen, such as acme-, or empty',
  ],
  [['maxRecieves=9'], 'there is no parameter maxRecieves; deployment/stage.example.yml lists them all'],
  [['maxReceives'], '"maxReceives" must be given as name=value'],
])('the parameters %j are refused in one sentence', (params, problem) => {
  expect(problemsOf(...params)).toEqual([problem]);
});

test('every problem is named at once', () => {
  expect(problemsOf('batchSize=abc', 'maxReceives=abc', 'colour=red')).toHaveLength(3);
});

test('a value that was checked as a number goes on as that number', () => {
  const { settings } = readSettings('dev', { params: ['maxReceives=15.0', 'memoryMb= 1024 '] });
  expect([settings.maxReceives, settings.memoryMb]).toEqual([15, 1024]);
});

test('the command line goes before the file of the stage, and that before the defaults', () => {
  const file = parse(
    'maxReceives: 9\nmemoryMb: 1024\nproducerArns:\n  - arn:aws:sns:us-east-1:000000000000:a\n',
  );
  const { settings, sources, problems } = readSettings('dev', { file, params: ['maxReceives=8'] });
  expect(problems).toEqual([]);
  expect([settings.maxReceives, settings.memoryMb, settings.batchSize]).toEqual([8, 1024, 10]);
  expect([sources.maxReceives, sources.memoryMb, sources.batchSize]).toEqual([
    'command line',
    'stage file',
    'default',
  ]);
  expect(settings.producerArns).toEqual(['arn:aws:sns:us-east-1:000000000000:a']);
});

test.each([
  ['maxRecieves: 9', 'there is no parameter maxRecieves; deployment/stage.example.yml lists them all'],
  ['maxReceives: [9]', 'maxReceives must be a whole number from 1 to 300'],
  ['kmsKeyArn: 7', 'kmsKeyArn must be the ARN of a key (no alias), or empty'],
  ['- maxReceives', "the stage's file must hold parameters, such as maximumConcurrency: 10"],
])('the file of a stage that holds %j is refused in one sentence', (text, problem) => {
  expect(readSettings('dev', { file: parse(text) }).problems).toEqual([problem]);
});

test('a name that is set to nothing in a file is set to nothing', () => {
  const { settings, problems } = readSettings('dev', { file: parse('kmsKeyArn:\nproducerArns:\n') });
  expect(problems).toEqual([]);
  expect([settings.kmsKeyArn, settings.producerArns]).toEqual(['', []]);
});

test('each stage reads its own secrets', () => {
  expect(readSettings('prod', {}).settings.secretPrefix).toBe('usher/prod/');
});

test.each([
  ['prod', undefined],
  ['eu-1', undefined],
  ['example', 'deployment/stage.example.yml is for reading: name the stage otherwise'],
  ...['prod!', 'Prod', '', '1st', 'a'.repeat(21)].map((stage): [string, string] => [
    stage,
    'a stage is named with up to 20 small letters, digits and hyphens, the first a letter, such as prod',
  ]),
])('the stage %j is judged', (stage, problem) => {
  expect(problemOfStage(stage)).toBe(problem);
});

test('deployment/stage.example.yml shows every parameter with its reason and its default', async () => {
  const text = await readFile(new URL('../deployment/stage.example.yml', import.meta.url), 'utf8');
  expect(text, 'run: npm run example').toBe(exampleFile());
});

test('deployment/stage.example.yml is accepted as it stands, and line by line', () => {
  const example = exampleFile();
  expect(readSettings('dev', { file: parse(example) }).problems).toEqual([]);
  const lines = example.match(/^# \w+: .*$/gm) ?? [];
  const settable = lines.map((line) => line.slice(2)).filter((line) => !line.includes('<stage>'));
  const { problems, settings } = readSettings('dev', { file: parse(settable.join('\n')) });
  expect(problems).toEqual([]);
  expect(settings).toEqual(readSettings('dev', {}).settings);
});
