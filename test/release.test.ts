import { readdir, readFile } from 'node:fs/promises';
import { type Engine, RegoEngine } from '@aws/cloudformation-validate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { declaredParameters } from '../cli/release/parameters.ts';
import { billOfMaterials } from '../cli/release/sbom.ts';
import { type Json, releaseTemplate, withReferences } from '../cli/release/template.ts';
import { LEFT_OPEN, RELEASE_STAGE } from '../deployment/placeholders.ts';
import own from '../package.json' with { type: 'json' };
import {
  alarmTopic,
  asOptions,
  boundary,
  customerKey,
  formerKey,
  otherAccount,
  type PackagedService,
  packageService,
  producerArns,
  secretsKey,
  templateFile,
} from './template/packaged-service.ts';

type JsonObject = Readonly<Record<string, Json>>;

const zips = { 'user-requested': 'one.zip', 'request-exhausted': 'two.zip' };
const built = new Date('2026-01-01T00:00:00Z');

const templateOf = ({ files }: PackagedService): JsonObject =>
  JSON.parse(files.get(templateFile)?.toString() ?? '{}');

/** What CloudFormation makes of a template with these parameters, as far as parameters and conditions go. */
function resolved(template: JsonObject, given: Readonly<Record<string, string | number>>): Json {
  const declared = declaredParameters();
  const settingOf = (name: string): Json | undefined => {
    const parameter = declared[name];
    if (parameter === undefined) return undefined;
    const value = given[name] ?? parameter.Default ?? '';
    return parameter.Type === 'CommaDelimitedList' ? String(value).split(',') : value;
  };
  const isTrue = (condition: string) => {
    const value = settingOf(condition.replace(/^Has/, ''));
    return (Array.isArray(value) ? value.join('') : value) !== '';
  };
  const visit = (value: Json): Json | undefined => {
    if (Array.isArray(value)) return value.map(visit).filter((each) => each !== undefined);
    if (value === null || typeof value !== 'object') return value;
    const members = value as JsonObject;
    const [[intrinsic = '', operand = null] = []] = Object.entries(members);
    if (intrinsic === 'Ref') return referred(String(operand), members);
    if (intrinsic === 'Fn::If') return chosen(operand as readonly Json[]);
    if (intrinsic === 'Fn::Sub' && typeof operand === 'string') return substituted(operand);
    const entries = Object.entries(members).map(([name, member]) => [name, visit(member)]);
    return Object.fromEntries(entries.filter(([, member]) => member !== undefined));
  };
  const referred = (name: string, reference: Json) =>
    name === 'AWS::NoValue' ? undefined : (settingOf(name) ?? reference);
  const chosen = ([condition = '', then = null, otherwise = null]: readonly Json[]) =>
    visit(isTrue(String(condition)) ? then : otherwise);
  const substituted = (text: string): Json => {
    const filled = text.replaceAll(/\$\{(\w+)\}/g, (all, name) => String(settingOf(name) ?? all));
    return filled.includes('${') ? { 'Fn::Sub': filled } : filled;
  };
  const { Resources = {}, Outputs = {}, Mappings = {} } = template;
  const made = Object.entries(Resources as JsonObject).filter(([, resource]) => {
    const { Condition } = resource as JsonObject;
    return Condition === undefined || isTrue(String(Condition));
  });
  return (
    visit({ Resources: Object.fromEntries(made.map(([id, it]) => [id, compared(it)])), Outputs, Mappings }) ??
    {}
  );
}

/** Where the code lies is another place; a condition has been decided by then. */
function compared(resource: Json): Json {
  const { Condition: _, Properties = {}, ...rest } = resource as JsonObject;
  const { Code: _code, ...properties } = Properties as JsonObject;
  return { ...rest, Properties: properties };
}

/** The same of a stage that osls packages. */
function packaged(service: PackagedService): Json {
  const { Resources, Outputs, ...rest } = templateOf(service);
  const {
    ServerlessDeploymentBucket: _,
    ServerlessDeploymentBucketPolicy: _policy,
    ...resources
  } = Resources as JsonObject;
  const { ServerlessDeploymentBucketName: _name, ...outputs } = Outputs as JsonObject;
  return resolved({ ...rest, Resources: resources, Outputs: outputs }, {});
}

let release: JsonObject;
beforeAll(async () => {
  const template = templateOf(await packageService(built, ['--stage', RELEASE_STAGE]));
  release = releaseTemplate({ template, version: own.version, zips });
}, 60_000);

describe('The release template', () => {
  test('is what osls makes of a stage with nothing set', async () => {
    const dev = await packageService(built, ['--stage', 'dev']);
    expect(resolved(release, { Stage: 'dev', SecretPrefix: 'usher/dev/' })).toEqual(packaged(dev));
  });

  test('is what osls makes of a stage with everything set that it leaves open', async () => {
    const set = {
      namePrefix: 'acme-',
      secretPrefix: 'acme/usher/',
      maximumConcurrency: 7,
      fireworksAllowedRoles: 'user',
      vectaraAllowedApiRoles: 'viewer,agent_user',
      scimAllowedRoles: 'member',
      producerArns: producerArns.join(','),
      producerPrincipalArns: otherAccount.producer,
      consumerPrincipalArns: otherAccount.consumer,
      kmsKeyArn: customerKey,
      formerKmsKeyArns: formerKey,
      secretsKmsKeyArn: secretsKey,
      alarmAddresses: 'on-call@example.com',
      permissionsBoundaryArn: boundary,
    };
    const names: Readonly<Record<string, string>> = {
      ...LEFT_OPEN,
      maximumConcurrency: 'MaximumConcurrency',
    };
    const given = Object.entries(set).map(([setting, value]) => [names[setting], value]);
    const prod = await packageService(built, ['--stage', 'prod', ...asOptions(set)]);
    expect(resolved(release, { Stage: 'prod', ...Object.fromEntries(given) })).toEqual(packaged(prod));
  });

  test('tells an existing topic in place of its own', () => {
    const text = JSON.stringify(resolved(release, { SecretPrefix: 'a/', AlarmTopicArn: alarmTopic }));
    expect(text.split(alarmTopic).length).toBeGreaterThan(20);
    expect(text).not.toContain('"AlarmActions":[{"Ref":"AlarmTopic"}]');
  });

  test('holds no placeholder, no bucket of its own and no condition that nothing asks for', () => {
    const text = JSON.stringify(release);
    expect(text).not.toMatch(/zz[A-Z]/);
    expect(text).not.toContain('ServerlessDeploymentBucket');
    const { Conditions, Parameters } = release as Readonly<Record<string, JsonObject>>;
    for (const name of Object.keys(Conditions ?? {}))
      expect(text.split(JSON.stringify(name)).length, name).toBeGreaterThan(2);
    for (const name of Object.keys(Parameters ?? {}))
      expect(text, name).toMatch(new RegExp(`"Ref":"${name}"|\\$\\{${name}\\}`));
  });

  test('takes the code from the bucket that is named', () => {
    const codes = Object.values(release.Resources as Readonly<Record<string, JsonObject>>).flatMap(
      ({ Properties }) => (Properties as JsonObject | undefined)?.Code ?? [],
    );
    expect(codes).toEqual(
      ['one.zip', 'two.zip'].map((zip) => ({
        S3Bucket: { Ref: 'CodeBucket' },
        S3Key: { 'Fn::Sub': `\${CodePrefix}${zip}` },
      })),
    );
  });

  test.each<[string, string[], string[]]>([
    ['Stage', ['prod', 'eu-1'], ['', 'Prod', 'a'.repeat(21)]],
    ['SecretPrefix', ['usher/prod/'], ['', 'usher', '*/']],
    ['FireworksAllowedRoles', ['user', 'user,custom'], ['', 'user, custom', 'a,,b']],
    ['ScimAllowedRoles', ['', 'member', 'member,editor'], ['member, editor', 'a,,b']],
    ['ProducerArns', ['', 'arn:aws:sns:us-east-1:000000000000:signups'], ['*', 'arn:aws:sns:*:*:*']],
    ['KmsKeyArn', ['', customerKey], ['alias/usher']],
    ['AlarmAddress', ['', 'on-call@example.com'], ['on-call', 'a@example.com,b@example.com']],
    ['CodePrefix', ['', 'usher/'], ['/usher/', 'usher']],
  ])('lets %s be %j and not %j', (name, right, wrong) => {
    const pattern = new RegExp(declaredParameters()[name]?.AllowedPattern ?? '^$');
    expect(right.filter((value) => !pattern.test(value))).toEqual([]);
    expect(wrong.filter((value) => pattern.test(value))).toEqual([]);
  });

  describe('for its validator', () => {
    let engine: Engine;
    beforeAll(() => {
      engine = new RegoEngine();
    });
    afterAll(() => engine.free());

    test('is without a fault', () => {
      const bytes = Buffer.from(JSON.stringify(release));
      const { status, diagnostics } = engine.validateStandard(
        { path: 'usher.template.json', readBytes: () => bytes },
        {
          strict: true,
          severityLevel: 'WARN',
          exclude: {
            // Neither is the name of a secret's prefix one, nor that of a key's ARN.
            ids: ['W2509'],
            // It takes an empty default for the value where a condition has just said that it is not empty.
            resourceTypes: ['AWS::IAM::Role', 'AWS::CloudWatch::Alarm'].map((resourceType) => ({
              ruleId: 'F3033',
              resourceType,
            })),
          },
        },
      );
      expect(status).toBe('OK');
      expect(
        diagnostics.map(({ ruleId, entity, message }) => `${ruleId} ${entity?.logicalId}: ${message}`),
      ).toEqual([]);
    });
  });
});

describe('References take the place of placeholders', () => {
  test.each<[Json, Json]>([
    ['zzStagezz', { Ref: 'Stage' }],
    ['usher-zzStagezz-requests', { 'Fn::Sub': `usher-\${Stage}-requests` }],
    [`\${it}-zzStagezz`, { 'Fn::Sub': `\${!it}-\${Stage}` }],
    [{ 'Fn::Sub': `arn:\${AWS::Partition}:zzStagezz` }, { 'Fn::Sub': `arn:\${AWS::Partition}:\${Stage}` }],
    [['zzProducerArnszz'], { Ref: 'ProducerArns' }],
    [
      ['a', 'zzStagezz'],
      ['a', { Ref: 'Stage' }],
    ],
    [{ 'Fn::Sub': [`\${A}`, { A: 'zzStagezz' }] }, { 'Fn::Sub': [`\${A}`, { A: { Ref: 'Stage' } }] }],
    ['plain', 'plain'],
    [7, 7],
  ])('in %j', (value, expected) => {
    expect(withReferences(value)).toEqual(expected);
  });
});

test('the bill of materials has each package of the bundles once, with version, licence and hash, and nothing of chance', async () => {
  const bill = await billOfMaterials('1.2.3', ['node_modules/zod', 'node_modules/@aws-sdk/client-sqs']);
  expect(bill).toEqual(
    await billOfMaterials('1.2.3', ['node_modules/zod', 'node_modules/@aws-sdk/client-sqs']),
  );
  expect(bill).toMatchObject({
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    metadata: { component: { name: 'usher', version: '1.2.3' } },
    components: [
      {
        name: 'zod',
        version: own.dependencies.zod,
        purl: `pkg:npm/zod@${own.dependencies.zod}`,
        licenses: [{ license: { id: 'MIT' } }],
        hashes: [{ alg: 'SHA-512', content: expect.stringMatching(/^[0-9a-f]{128}$/) }],
      },
      { name: '@aws-sdk/client-sqs', licenses: [{ license: { id: 'Apache-2.0' } }] },
    ],
  });
});

const examples = new URL('../examples/deploy/', import.meta.url);

describe('An example of a deployment', async () => {
  const files = await readdir(examples, { recursive: true });
  const texts = files.filter((file) => /\.(ya?ml|ts|tf|sh)$/.test(file));

  test('is there for CloudFormation, SAM, CDK and Terraform', () => {
    const folders = new Set(texts.map((file) => file.split('/')[0]));
    expect([...folders].sort()).toEqual(['cdk', 'cloudformation', 'sam', 'terraform']);
  });

  test.each(texts)('names in %s no parameter and no output that the release does not have', async (file) => {
    const text = await readFile(new URL(file, examples), 'utf8');
    const { Outputs } = release as Readonly<Record<string, JsonObject>>;
    const parameters = [
      ...text.matchAll(/\b(Stage|SecretPrefix|Code\w+|Alarm\w+|Maximum\w+)\b(?= *[:=])/g),
    ].map(([name]) => name);
    const outputs = [...text.matchAll(/\b[A-Z]\w+(?:QueueUrl|QueueArn|PolicyArn|FunctionName)\b/g)].map(
      ([name]) => name,
    );
    expect(parameters.length + outputs.length).toBeGreaterThan(0);
    expect(parameters.filter((name) => !(name in declaredParameters()))).toEqual([]);
    expect(outputs.filter((name) => !(name in (Outputs ?? {})))).toEqual([]);
    if (/\.ya?ml$/.test(file)) expect(parse(text, { logLevel: 'silent' })).toBeInstanceOf(Object);
  });
});
