import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';
import { beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { parameters } from '../../deployment/parameters.ts';
import { providers } from '../../lib/providers/index.ts';
import own from '../../package.json' with { type: 'json' };
import {
  customerKey,
  type FunctionName,
  formerKey,
  functionNames,
  type PackagedService,
  type Packages,
  queueUrl,
} from './packaged-service.ts';
import { days, found, functionNamed, functions, LogGroup, mappingOf, queue } from './resources.ts';

const State = z.object({
  service: z.object({
    provider: z.object({
      stackTags: z.record(z.string(), z.string()),
      deletionProtection: z.boolean().nullish(),
    }),
  }),
});
const stateOf = ({ files }: PackagedService) => files.get('serverless-state.json')?.toString() ?? '';

/** Imports a zip's handler as Lambda would, with the template's environment; answers its type. */
async function importHandler(zip: Uint8Array, handler: string, env: Record<string, string>): Promise<string> {
  const task = await mkdtemp(join(tmpdir(), 'usher-task-'));
  try {
    for (const [path, bytes] of Object.entries(unzipSync(zip))) {
      await mkdir(dirname(join(task, path)), { recursive: true });
      await writeFile(join(task, path), bytes);
    }
    const [module, name] = handler.split('.');
    const script = `const m = await import('./${module}.mjs'); process.stdout.write(typeof m['${name}'])`;
    const nodeArguments = ['--input-type=module', '--eval', script];
    const environment = { ...env, AWS_REGION: 'us-east-1' };
    const { stdout } = await promisify(execFile)(process.execPath, nodeArguments, {
      cwd: task,
      env: environment,
    });
    return stdout;
  } finally {
    await rm(task, { recursive: true });
  }
}

const stages = ['dev', 'prod'] as const;

/** What is deployed as functions. */
export function functionTests(packages: () => Packages): void {
  let dev: PackagedService;
  let prod: PackagedService;
  let corporate: PackagedService;
  const templateOf = (stage: (typeof stages)[number]) => (stage === 'dev' ? dev : prod).template;

  beforeAll(() => {
    ({ dev, prod, corporate } = packages());
  });

  describe.each(functionNames)('the zip of %s', (name: FunctionName) => {
    test('holds the built artefact and nothing else', async () => {
      const path = `dist/${name}/index.mjs`;
      const artefact = await readFile(fileURLToPath(new URL(`../../${path}`, import.meta.url)));
      const files = Object.entries(unzipSync(dev.zips[name]));
      expect(files.map(([file]) => file)).toEqual([path]);
      expect(files.map(([, bytes]) => artefact.equals(bytes))).toEqual([true]);
    });

    test('has the same bytes whenever and for whichever stage it is packaged', () => {
      expect(Buffer.compare(dev.zips[name], prod.zips[name])).toBe(0);
    });

    test('exports the configured handler under the configured environment', async () => {
      const { Handler, Environment } = functionNamed(dev.template, `usher-dev-${name}`);
      expect(await importHandler(dev.zips[name], Handler, Environment.Variables)).toBe('function');
    });
  });

  describe.each(functionNames)('the function %s', (name: FunctionName) => {
    test('runs on Node.js 24 on arm64', () => {
      const { Runtime, Architectures } = functionNamed(dev.template, `usher-dev-${name}`);
      expect({ Runtime, Architectures }).toEqual({ Runtime: 'nodejs24.x', Architectures: ['arm64'] });
    });

    test('logs JSON, of which Lambda drops nothing, as metrics are lines without a level', () => {
      const { LoggingConfig } = functionNamed(dev.template, `usher-dev-${name}`);
      expect(LoggingConfig).toEqual({ LogFormat: 'JSON', ApplicationLogLevel: 'TRACE' });
    });

    test('passes traces on without sampling any, and is stopped in a loop', () => {
      const { TracingConfig, RecursiveLoop } = functionNamed(dev.template, `usher-dev-${name}`);
      expect({ TracingConfig, RecursiveLoop }).toEqual({
        TracingConfig: { Mode: 'PassThrough' },
        RecursiveLoop: 'Terminate',
      });
    });

    test('keeps its logs longer than a dead letter lives', () => {
      const groups = dev.template.all('AWS::Logs::LogGroup', LogGroup).values();
      const group = found(groups, (it) => it.LogGroupName === `/aws/lambda/usher-dev-${name}`);
      const { MessageRetentionPeriod } = queue(dev.template, 'usher-dev-dead-letters');
      expect(days(group.RetentionInDays)).toBeGreaterThan(MessageRetentionPeriod);
    });

    test('reports partial batch responses', () => {
      const { FunctionResponseTypes } = mappingOf(dev.template, `usher-dev-${name}`);
      expect(FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
    });

    test('gets batches that a single SendMessageBatch can answer', () => {
      expect(mappingOf(dev.template, `usher-dev-${name}`).BatchSize).toBeLessThanOrEqual(10);
    });

    test.each(stages)(
      'gets in stage %s batches above ten only with the window that Lambda wants for them',
      (stage) => {
        const mapping = mappingOf(templateOf(stage), `usher-${stage}-${name}`);
        expect(mapping.MaximumBatchingWindowInSeconds).toBeGreaterThanOrEqual(mapping.BatchSize > 10 ? 1 : 0);
      },
    );

    test.each(stages)(
      'has in stage %s the time that sending outcomes needs, and no more than Lambda gives',
      (stage) => {
        const { Timeout } = functionNamed(templateOf(stage), `usher-${stage}-${name}`);
        expect(Timeout).toBeGreaterThanOrEqual(60);
        expect(Timeout).toBeLessThanOrEqual(900);
      },
    );

    test('is limited by its mapping, which burns no receives, to a concurrency that Lambda accepts', () => {
      const { ScalingConfig } = mappingOf(dev.template, `usher-dev-${name}`);
      expect(ScalingConfig?.MaximumConcurrency).toBeGreaterThanOrEqual(2);
      expect(ScalingConfig?.MaximumConcurrency).toBeLessThanOrEqual(1000);
    });
  });

  describe('where an organisation asks for it, a function', () => {
    test('is in its VPC, and in none otherwise', () => {
      const vpcs = (service: PackagedService) => functions(service.template).map((it) => it.VpcConfig);
      expect(vpcs(dev)).toEqual([undefined, undefined]);
      const VpcConfig = {
        SubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
        SecurityGroupIds: ['sg-0123456789abcdef0'],
      };
      expect(vpcs(corporate)).toEqual([VpcConfig, VpcConfig]);
    });

    test('has concurrency of its own, and none reserved otherwise', () => {
      const reserved = (service: PackagedService) =>
        functions(service.template).map((it) => it.ReservedConcurrentExecutions);
      expect(reserved(dev)).toEqual([undefined, undefined]);
      expect(reserved(prod)).toEqual([40, 2]);
    });

    test('is named with its prefix', () => {
      const names = functions(corporate.template).map((it) => it.FunctionName);
      expect(names).toEqual(functionNames.map((name) => `acme-usher-corp-${name}`));
    });
  });

  test('everything is tagged as asked, and with the version; the stack is protected where that is asked', () => {
    const provider = (service: PackagedService) => State.parse(JSON.parse(stateOf(service))).service.provider;
    expect(provider(dev)).toEqual({ stackTags: { 'usher:version': own.version }, deletionProtection: null });
    expect(provider(prod).deletionProtection).toBe(true);
    expect(provider(corporate).stackTags).toEqual({
      team: 'identity',
      'cost-centre': '42',
      'usher:version': own.version,
    });
  });

  test('the template tells with which version and settings it was made', () => {
    const { version, settings, given } = prod.template.deployedWith;
    expect(given).toContain('maxReceives');
    expect(given).not.toContain('logRetentionDays');
    expect(dev.template.deployedWith.given).toEqual([]);
    expect(version).toBe(own.version);
    expect(settings).toMatchObject({ maxReceives: 9, kmsKeyArn: customerKey, formerKmsKeyArns: [formerKey] });
    expect(Object.keys(settings).sort()).toEqual(Object.keys(parameters).sort());
  });

  describe('the environment', () => {
    test('of user-requested is complete and names the queues of its stage', () => {
      const { Environment } = functionNamed(dev.template, 'usher-dev-user-requested');
      expect(Environment.Variables).toEqual({
        REQUEST_QUEUE_URL: queueUrl('usher-dev-requests'),
        COMPLETION_QUEUE_URL: queueUrl('usher-dev-completions'),
        DEAD_LETTER_QUEUE_URL: queueUrl('usher-dev-dead-letters'),
        COPY_DEAD_LETTERS: 'true',
        MAX_RECEIVES: '15',
        SECRET_PREFIX: 'usher/dev/',
        // deployment/allow-lists.ts has one for each provider.
        ...Object.fromEntries(
          providers.map(({ settings }) => [settings.allowedRoles.variable, settings.allowedRoles.fallback]),
        ),
        EVENT_SOURCE: 'urn:usher:dev',
        LOG_LEVEL: 'INFO',
      });
    });

    test('of request-exhausted holds what that function needs and nothing more', () => {
      const { Environment } = functionNamed(prod.template, 'usher-prod-request-exhausted');
      expect(Environment.Variables).toEqual({
        COMPLETION_QUEUE_URL: queueUrl('usher-prod-completions'),
        COPY_DEAD_LETTERS: 'true',
        DEAD_LETTER_QUEUE_URL: queueUrl('usher-prod-dead-letters'),
        EVENT_SOURCE: 'urn:usher:prod',
        LOG_LEVEL: 'DEBUG',
      });
    });
  });
}
