import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readSettings } from '../deployment/settings.ts';
import own from '../package.json' with { type: 'json' };
import { startDeployedAws } from './deployed-aws.ts';

const run = promisify(execFile);

let aws: Awaited<ReturnType<typeof startDeployedAws>>;
beforeAll(async () => {
  aws = await startDeployedAws();
});
afterAll(() => aws[Symbol.asyncDispose]());
beforeEach(() => {
  aws.asked.length = 0;
  aws.deploy(undefined);
  aws.refuse(undefined);
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command as `npm run` would; `kept` is what npm has taken for itself. */
async function command(
  script: string,
  args: readonly string[],
  kept: Record<string, string | undefined> = {},
): Promise<Ended> {
  const file = fileURLToPath(new URL(`../cli/deployment/${script}.ts`, import.meta.url));
  const env = {
    PATH: process.env.PATH,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
    ...{ HOME: '/nowhere', AWS_ENDPOINT_URL: aws.endpoint, AWS_REGION: 'eu-central-1' },
    ...{ AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', npm_lifecycle_event: script },
    ...kept,
  };
  const ended = run(process.execPath, [file, ...args], { env });
  return ended.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
}

function deployedWith(...params: string[]) {
  const { settings } = readSettings('prod', { params });
  return { version: '0.0.9', settings, given: params.map((param) => param.split('=')[0]) };
}

const prod = ['--stage', 'prod'];
const READS = [
  'GetCallerIdentity',
  'DescribeStacks',
  'GetTemplate',
  'ListEventSourceMappings',
  'GetQueueAttributes',
  'DescribeStackResource',
  'ListObjectsV2',
  'GetObject',
];

describe('What npm has kept for itself', () => {
  test.each([
    ['remove', [], { npm_config_stage: 'prod' }, 'npm run remove -- --stage prod\n'],
    ['remove', ['prod'], { npm_config_stage: 'true' }, 'npm run remove -- --stage prod\n'],
    [
      'deploy',
      prod,
      { npm_config_region: 'eu-west-1' },
      'npm run deploy -- --region eu-west-1 --stage prod\n',
    ],
    ['deploy', ['a=b'], { npm_config_param: 'true' }, 'npm run deploy -- --param "a=b"\n'],
    ['package', [], { npm_config_stage: 'prod' }, 'npm run package -- --stage prod\n'],
    ['remove', prod, { npm_config_drop_unread: 'true' }, 'npm run remove -- --drop-unread --stage prod\n'],
    ['rollback', prod, { npm_config_token_description: '1' }, 'npm run rollback -- --to 1 --stage prod\n'],
  ])(
    'is refused by %s %j %j before AWS is asked, with the right spelling',
    async (script, args, kept, spelling) => {
      const { code, stderr, stdout } = await command(script, args, kept as Record<string, string>);
      expect([code, stdout, aws.asked]).toEqual([2, '', []]);
      expect(stderr).toContain(spelling);
    },
  );
});

describe('Wrong use', () => {
  test.each([
    ['remove', [], 'Say which stage: --stage prod'],
    ['deploy', [], 'Say which stage: --stage prod'],
    ['deploy', ['--stage', 'prod!'], '--stage prod!: a stage is named with up to 20 small letters'],
    ['deploy', ['prod'], 'prod belongs to no option; write: npm run deploy -- --stage prod'],
    ['remove', ['--stge', 'prod'], '(Did you mean --stage?)'],
    ['deploy', [...prod, '--param', 'maxReceives=abc'], '- maxReceives must be a whole number from 1 to 300'],
    ['package', ['--param', 'colour=red'], '- there is no parameter colour'],
  ])('of %s %j is told in a few words, before AWS is asked', async (script, args, words) => {
    const { code, stderr, stdout } = await command(script, args);
    expect([code, stdout, aws.asked]).toEqual([2, '', []]);
    expect(stderr).toContain(words);
    expect(stderr.split('\n').length).toBeLessThan(6);
  });

  test('of a region is told in a sentence', async () => {
    const { code, stderr } = await command('remove', [...prod, '--region', 'Frankfurt!']);
    expect([code, stderr]).toEqual([
      2,
      '"Frankfurt!" is no region of AWS; one is named like eu-central-1.\n',
    ]);
  });

  test('without a region is told, and no other region taken for it', async () => {
    const { code, stderr } = await command('deploy', prod, { AWS_REGION: '' });
    expect([code, stderr, aws.asked]).toEqual([
      2,
      'Say which region: --region eu-central-1, or set AWS_REGION.\n',
      [],
    ]);
  });
});

describe('The region', () => {
  const config = fileURLToPath(new URL('aws-config.ini', import.meta.url));
  test.each([
    ['what --region says', ['--region', 'eu-west-3'], { AWS_REGION: 'eu-west-1' }, 'eu-west-3'],
    ['else AWS_REGION', [], { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-2' }, 'eu-west-1'],
    ['else AWS_DEFAULT_REGION', [], { AWS_REGION: undefined, AWS_DEFAULT_REGION: 'eu-west-2' }, 'eu-west-2'],
    ['else that of the profile', [], { AWS_REGION: undefined }, 'us-west-2'],
    ['not an empty AWS_REGION', [], { AWS_REGION: '' }, 'us-west-2'],
  ])('is %s', async (_, args, environment, region) => {
    const { stdout } = await command('remove', [...prod, ...args], {
      ...environment,
      AWS_CONFIG_FILE: config,
    });
    expect(stdout).toContain(`region   ${region}\n`);
  });
});

describe('Where AWS cannot be asked', () => {
  test('for want of credentials, that is told with what to do', async () => {
    const none = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_EC2_METADATA_DISABLED: 'true' };
    const { code, stderr } = await command('deploy', prod, none);
    expect([code, stderr]).toEqual([
      1,
      'There are no AWS credentials: log in (aws sso login, aws configure), or set AWS_PROFILE.\n',
    ]);
  });

  test('as nobody is there, that is told', async () => {
    const { code, stderr } = await command('remove', prod, { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' });
    expect([code, stderr]).toEqual([1, expect.stringContaining('AWS cannot be reached (ECONNREFUSED)')]);
  });
});

describe('What AWS says of credentials', () => {
  test.each([
    ['ExpiredToken', 'The AWS credentials have expired: log in again (aws sso login).\n'],
    ['InvalidClientTokenId', 'AWS does not know these credentials (InvalidClientTokenId): '],
    ['SignatureDoesNotMatch', 'AWS does not know these credentials (SignatureDoesNotMatch): '],
    ['AccessDenied', 'AWS refuses: no (AccessDenied)\n'],
  ])('is told in one sentence where it is %s', async (error, words) => {
    aws.refuse(error);
    const { code, stdout, stderr } = await command('remove', prod);
    expect([code, stdout, stderr]).toEqual([1, '', expect.stringContaining(words)]);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

describe('A deployment', () => {
  test('shows account, caller, region, stage and versions, and refuses to forget a parameter', async () => {
    aws.deploy({ deployedWith: deployedWith('memoryMb=1024') });
    const { code, stdout, stderr } = await command('deploy', prod);
    expect(code).toBe(1);
    for (const told of ['111122223333, as arn:aws:iam::111122223333:user/ada', 'eu-central-1', 'usher-prod'])
      expect(stdout).toContain(told);
    expect(stdout).toMatch(new RegExp(`version 0\\.0\\.9[\\s\\S]+version +${own.version}`));
    expect(stdout).toMatch(/memoryMb +1024 +512 +default/);
    expect(stderr).toContain('memoryMb is 1024 and would fall back to its default, 512.');
    expect(aws.asked.filter((operation) => !READS.includes(operation))).toEqual([]);
  });

  test('refuses to start a trigger that somebody has stopped', async () => {
    aws.deploy({ deployedWith: deployedWith(), isStopped: true });
    const { code, stderr } = await command('deploy', prod);
    expect([code, stderr]).toEqual([1, expect.stringContaining('somebody has stopped the trigger')]);
  });
});

describe('A deployment that cannot be compared or carried out', () => {
  test.each<[string, { deployedWith: object | undefined; status?: string }, string]>([
    ['tells nothing', { deployedWith: undefined }, 'then say --uncompared'],
    [
      'is being deployed',
      { deployedWith: deployedWith(), status: 'UPDATE_IN_PROGRESS' },
      'Wait until it is done',
    ],
    ['was never made', { deployedWith: undefined, status: 'ROLLBACK_COMPLETE' }, 'First run: npm run remove'],
  ])('is refused where the stack %s', async (_, deployed, words) => {
    aws.deploy(deployed);
    const { code, stderr } = await command('deploy', prod);
    expect([code, stderr]).toEqual([1, expect.stringContaining(words)]);
    expect(aws.asked.filter((operation) => !READS.includes(operation))).toEqual([]);
  });

  test('is refused where --start and a parameter say opposite things', async () => {
    const { code, stderr } = await command('deploy', [...prod, '--start', '--param', 'triggerEnabled=false']);
    expect([code, stderr, aws.asked]).toEqual([2, expect.stringContaining('say one of them'), []]);
  });
});

describe('A removal', () => {
  test('is refused while answers are unread or requests wait, and says how many', async () => {
    const messages = { requests: 2, completions: 1500, 'dead-letters': 1 };
    aws.deploy({ deployedWith: deployedWith(), messages });
    const { code, stderr } = await command('remove', [...prod, '--confirm', 'prod']);
    expect([code, stderr]).toEqual([
      1,
      [
        "Nothing was removed: there are messages in the stage's queues. Where they may be lost, say --drop-unread.",
        '- requests: about 2. Stop who sends them, and wait until they are answered',
        '- completions: about 1,500. Let the product read them to the end',
        '- dead-letters: about 1. Try them again or delete them, as docs/operations.md says',
        '',
      ].join('\n'),
    ]);
    expect(aws.asked.filter((operation) => !READS.includes(operation))).toEqual([]);
  });

  test('that got stuck can be tried again, though a queue is gone', async () => {
    const gone = ['requests', 'completions'];
    aws.deploy({ deployedWith: undefined, status: 'DELETE_FAILED', gone, messages: { 'dead-letters': 3 } });
    const { code, stderr } = await command('remove', [...prod, '--confirm', 'prod']);
    expect(code).toBe(1);
    expect(stderr.trim().split('\n').slice(1)).toEqual([expect.stringContaining('- dead-letters: about 3')]);
  });

  test('is refused of a protected stage, with what comes first', async () => {
    aws.deploy({ deployedWith: deployedWith(), isProtected: true });
    const { code, stderr } = await command('remove', [...prod, '--confirm', 'prod', '--drop-unread']);
    expect(code).toBe(1);
    expect(stderr).toContain(
      'npm run deploy -- --stage prod --region eu-central-1 --param "deletionProtection=false"',
    );
  });

  test.each([
    [['--confirm', 'staging'], 'Nothing was removed: staging is not prod.\n'],
    [[], "Nothing was removed. Without a terminal, say --confirm and the stage's name.\n"],
  ])('with %j is refused for want of the very name', async (args, words) => {
    aws.deploy({ deployedWith: deployedWith() });
    const { code, stderr } = await command('remove', [...prod, ...args]);
    expect([code, stderr]).toEqual([1, words]);
    expect(aws.asked.filter((operation) => !READS.includes(operation))).toEqual([]);
  });

  test.each(['remove', 'rollback'])('by %s of a stage that is not there is told', async (script) => {
    const { code, stderr } = await command(script, prod);
    expect([code, stderr]).toEqual([1, 'There is no stage prod in eu-central-1.\n']);
  });
});

describe('A rollback', () => {
  const key = (id: string) => `arn:aws:kms:eu-central-1:000000000000:key/${id}`;
  const kept = { 1764144000000: deployedWith(), 1764147600000: deployedWith('memoryMb=1024') };

  test('shows what there is to go back to, and what would go back with it', async () => {
    aws.deploy({ deployedWith: deployedWith('memoryMb=1024'), kept });
    const { code, stdout } = await command('rollback', prod);
    expect(code).toBe(0);
    expect(stdout).toMatch(/1764144000000 +2025-11-26 08:00:00 UTC +0\.0\.9 +memoryMb 1024 -> 512\n/);
    expect(stdout).toMatch(/1764147600000 +2025-11-26 09:00:00 UTC +0\.0\.9 +as they are now\n/);
    expect(stdout).toContain('npm run rollback -- --stage prod --region eu-central-1 --to <number>');
    expect(aws.asked.filter((operation) => !READS.includes(operation))).toEqual([]);
  });

  test.each<[string, Parameters<typeof aws.deploy>[0], string, string]>([
    [
      'to what is not kept',
      { deployedWith: deployedWith(), kept },
      '17',
      'No deployment 17 of prod is kept.',
    ],
    ['where nothing is kept', { deployedWith: deployedWith() }, '17', 'No deployment of prod is kept'],
    [
      'that makes messages unreadable',
      { deployedWith: deployedWith(`kmsKeyArn=${key('a')}`), kept },
      '1764144000000',
      'does not know the key',
    ],
    [
      'that may start a stopped trigger',
      { deployedWith: deployedWith(), isStopped: true, kept },
      '1764144000000',
      'say --start',
    ],
    [
      'of a stack that is being deployed',
      { deployedWith: deployedWith(), status: 'UPDATE_IN_PROGRESS', kept },
      '1764144000000',
      'Wait until it is done',
    ],
  ])('%s is refused', async (_, deployed, to, words) => {
    aws.deploy(deployed);
    const { code, stderr } = await command('rollback', [...prod, '--to', to]);
    expect([code, stderr]).toEqual([1, expect.stringContaining(words)]);
    expect(aws.asked.filter((operation) => !READS.includes(operation))).toEqual([]);
  });
});
