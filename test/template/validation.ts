import { type Engine, RegoEngine } from '@aws/cloudformation-validate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  asOptions,
  type PackagedService,
  type Packages,
  packageService,
  templateFile,
} from './packaged-service.ts';

/** What AWS's own validator says of a template, offline. */
function findings(engine: Engine, { files }: PackagedService): string[] {
  const template = { path: templateFile, readBytes: () => files.get(templateFile) ?? Buffer.alloc(0) };
  const { status, diagnostics } = engine.validateStandard(template, {
    strict: true,
    severityLevel: 'WARN',
    // A key, a topic or a permissions boundary of the customer's is named by its ARN, account and all.
    exclude: {
      resourceTypes: ['AWS::SQS::Queue', 'AWS::IAM::Role', 'AWS::CloudWatch::Alarm'].map((resourceType) => ({
        ruleId: 'W9013',
        resourceType,
      })),
    },
  });
  expect(status).toBe('OK');
  return diagnostics.map(
    ({ ruleId, entity, propertyPath, message }) =>
      `${ruleId} ${entity?.logicalId} ${propertyPath}: ${message}`,
  );
}

/** What AWS's own validator and a second look say of the packages. */
export function validationTests(packages: () => Packages): void {
  let engine: Engine;
  let dev: PackagedService;
  let again: PackagedService;
  let prod: PackagedService;
  let corporate: PackagedService;

  beforeAll(() => {
    engine = new RegoEngine();
    ({ dev, again, prod, corporate } = packages());
  });

  afterAll(() => engine.free());

  describe('the template', () => {
    test('is valid with the parameters as they stand', () => {
      expect(findings(engine, dev)).toEqual([]);
    });

    test('is valid with every parameter set', () => {
      expect(findings(engine, prod)).toEqual([]);
    });

    test('is valid with what large organisations ask for', () => {
      expect(findings(engine, corporate)).toEqual([]);
    });

    test('is judged by a validator that sees defects', () => {
      const [template] = [dev.files.get(templateFile)?.toString() ?? ''];
      const broken = Buffer.from(
        template.replace('"Timeout":', '"Timeuot":').replace('"Timeout": ', '"Timeuot": '),
      );
      expect(findings(engine, { ...dev, files: new Map([[templateFile, broken]]) })).not.toEqual([]);
    });
  });

  test('packaging a second time gives the same bytes in every file', () => {
    expect([...again.files.keys()]).toEqual([...dev.files.keys()]);
    const differing = [...dev.files].filter(([name, bytes]) => !again.files.get(name)?.equals(bytes));
    expect(differing.map(([name]) => name)).toEqual([]);
  });

  describe('packaging', () => {
    test('refuses wrong parameters and names every problem at once', async () => {
      const wrong = asOptions({
        batchSize: 11,
        timeoutSeconds: 59,
        maxReceives: 0,
        kmsKeyArn: 'alias/usher',
        alarmAdresses: 'on-call@example.com',
      });
      const packaging = packageService(new Date(), wrong).catch(({ stdout, stderr }) => stdout + stderr);
      expect(await packaging).toContain(
        [
          'The parameters are wrong:',
          '- there is no parameter alarmAdresses; deployment/stage.example.yml lists them all',
          '- timeoutSeconds must be a whole number from 60 to 900',
          '- maxReceives must be a whole number from 1 to 300',
          '- kmsKeyArn must be the ARN of a key (no alias), or empty',
          '- batchSize above 10 needs a batchingWindowSeconds of at least 1',
        ].join('\n'),
      );
    });
  });
}
