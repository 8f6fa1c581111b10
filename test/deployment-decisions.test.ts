import { describe, expect, test } from 'vitest';
import {
  changesBack,
  changesTo,
  obstacleOf,
  surprisesOf,
  surprisesOfRollback,
} from '../cli/deployment/decisions.ts';
import { names, readSettings } from '../deployment/settings.ts';
import type { TriggerState } from '../operator/aws/trigger.ts';

const key = (id: string) => `arn:aws:kms:eu-central-1:000000000000:key/${id}`;

/** What a stack tells that was deployed with these. */
function deployedWith(...params: string[]) {
  const { settings, sources } = readSettings('prod', { params });
  return { version: '0.1.0', settings, given: names.filter((name) => sources[name] !== 'default') };
}

interface Now {
  readonly params?: string[];
  readonly file?: object;
  readonly trigger?: TriggerState;
  readonly isToStart?: boolean;
}

const asked = { stage: 'prod', trigger: 'on', isToStart: false, isUncompared: false } as const;

function surprises(before: string[], { params = [], file, trigger = 'on', isToStart = false }: Now = {}) {
  const reading = readSettings('prod', { file, params });
  return surprisesOf({ ...asked, deployedWith: deployedWith(...before), reading, trigger, isToStart });
}

describe('A deployment', () => {
  test('shows what changes, parameter by parameter, and where the new value is from', () => {
    const file = { memoryMb: 1024, producerArns: ['arn:aws:sns:eu-central-1:000000000000:signups'] };
    const reading = readSettings('prod', { file, params: ['maxReceives=9'] });
    expect(changesTo(deployedWith('batchSize=5'), reading)).toEqual([
      { name: 'batchSize', from: '5', to: '10', source: 'default' },
      { name: 'memoryMb', from: '512', to: '1024', source: 'stage file' },
      { name: 'maxReceives', from: '15', to: '9', source: 'command line' },
      {
        name: 'producerArns',
        from: '',
        to: 'arn:aws:sns:eu-central-1:000000000000:signups',
        source: 'stage file',
      },
    ]);
  });

  test('shows what was not there before, where it is no default', () => {
    const { settings, ...before } = deployedWith();
    const { memoryMb: _, logLevel: __, ...older } = settings;
    const change = { name: 'memoryMb', from: undefined, to: '1024', source: 'command line' };
    const reading = readSettings('prod', { params: ['memoryMb=1024'] });
    expect(changesTo({ ...before, settings: older }, reading)).toEqual([change]);
    expect(changesTo(undefined, reading)).toEqual([change]);
  });

  test.each<[string, string[], Now]>([
    ['with nothing changed', [], {}],
    ['with what was given before given again', ['memoryMb=1024'], { params: ['memoryMb=1024'] }],
    ['with it in the file of the stage', ['memoryMb=1024'], { file: { memoryMb: 1024 } }],
    ['with it set to its default by name', ['memoryMb=1024'], { params: ['memoryMb=512'] }],
    ['with a first key', [], { params: [`kmsKeyArn=${key('b')}`] }],
    [
      'with another key and the former one named',
      [`kmsKeyArn=${key('a')}`],
      { params: [`kmsKeyArn=${key('b')}`, `formerKmsKeyArns=${key('a')}`] },
    ],
    ['with a stopped trigger that stays stopped', [], { trigger: 'off', params: ['triggerEnabled=false'] }],
    ['with a stopped trigger that is to be started', [], { trigger: 'off', isToStart: true }],
    ['of a stack without a trigger', [], { trigger: 'unknown' }],
  ])('goes on %s', (_, before, now) => {
    expect(surprises(before, now)).toEqual([]);
  });

  test('goes on where a new version has another default, which nobody has chosen', () => {
    const { settings, ...before } = deployedWith();
    const reading = readSettings('prod', {});
    const older = { ...before, settings: { ...settings, memoryMb: 256 } };
    expect(surprisesOf({ ...asked, deployedWith: older, reading })).toEqual([]);
  });

  test.each<[string, string[], Now, string]>([
    [
      'a parameter that was given once, and stands in no file',
      ['memoryMb=1024'],
      {},
      'memoryMb is 1024 and would fall back to its default, 512. To keep it, write "memoryMb: 1024" into deployment/stage.prod.yml; to let it go, say --param "memoryMb=512"',
    ],
    [
      'a text that would become empty',
      ['alarmAddresses=ada@example.com,bob@example.com'],
      {},
      'alarmAddresses is ada@example.com,bob@example.com and would fall back to its default, empty. To keep it, write "alarmAddresses: ada@example.com,bob@example.com" into deployment/stage.prod.yml; to let it go, say --param "alarmAddresses="',
    ],
    [
      'a flag',
      ['triggerEnabled=false'],
      {},
      'triggerEnabled is false and would fall back to its default, true. To keep it, write "triggerEnabled: false" into deployment/stage.prod.yml; to let it go, say --param "triggerEnabled=true"',
    ],
    [
      'another key without the former one',
      [`kmsKeyArn=${key('a')}`],
      { params: [`kmsKeyArn=${key('b')}`] },
      `kmsKeyArn changes, and messages that lie under the former key could not be read any more. Name ${key('a')} in formerKmsKeyArns of deployment/stage.prod.yml until they are gone`,
    ],
    [
      'no key any more without the former one',
      [`kmsKeyArn=${key('a')}`],
      { params: ['kmsKeyArn='] },
      `kmsKeyArn changes, and messages that lie under the former key could not be read any more. Name ${key('a')} in formerKmsKeyArns of deployment/stage.prod.yml until they are gone`,
    ],
    [
      'another prefix of all names',
      [],
      { params: ['namePrefix=acme-'] },
      'namePrefix is empty and cannot change: the queues would be replaced by empty ones. Leave it, or deploy another stage',
    ],
    [
      'to start a trigger that somebody has stopped',
      [],
      { trigger: 'off' },
      'somebody has stopped the trigger of user-requested, and this would start it. Write "triggerEnabled: false" into deployment/stage.prod.yml to leave it stopped, or say --start',
    ],
  ])('refuses %s, with what to write instead', (_, before, now, sentence) => {
    expect(surprises(before, now)).toEqual([sentence]);
  });
});

describe('A stack that does not tell what it was deployed with', () => {
  const untold = { ...asked, deployedWith: undefined, reading: readSettings('prod', {}) };

  test('is not deployed over, as whatever was set then may be lost', () => {
    expect(surprisesOf(untold)).toEqual([
      'the stack does not tell what it was deployed with, so that whatever was set then may be lost. Write all of it into deployment/stage.prod.yml, then say --uncompared',
    ]);
  });

  test('is deployed over by whoever says so', () => {
    expect(surprisesOf({ ...untold, isUncompared: true })).toEqual([]);
  });

  test('has a trigger that is not started unasked', () => {
    expect(surprisesOf({ ...untold, isUncompared: true, trigger: 'off' })).toHaveLength(1);
  });
});

describe('A stack', () => {
  test.each(['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'UPDATE_ROLLBACK_COMPLETE', 'IMPORT_COMPLETE'])(
    'that is %s can be deployed',
    (status) => expect(obstacleOf(status, 'prod', 'eu-central-1')).toBeUndefined(),
  );

  test.each([
    ['ROLLBACK_COMPLETE', 'npm run remove -- --stage prod --region eu-central-1'],
    ['REVIEW_IN_PROGRESS', 'npm run remove -- --stage prod --region eu-central-1'],
    ['UPDATE_IN_PROGRESS', 'Wait until it is done'],
    ['UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', 'Wait until it is done'],
    ['DELETE_FAILED', 'npm run remove -- --stage prod --region eu-central-1'],
    ['UPDATE_ROLLBACK_FAILED', 'continue-update-rollback --region eu-central-1 --stack-name usher-prod'],
  ])('that is %s cannot, and is told with what comes first', (status, words) => {
    const told = obstacleOf(status, 'prod', 'eu-central-1');
    expect(told).toContain(status);
    expect(told).toContain(words);
  });
});

describe('Going back to an earlier deployment', () => {
  test('tells each parameter that goes back', () => {
    const { settings, ...rest } = deployedWith('memoryMb=1024', 'alarmAddresses=ada@example.com');
    const { batchSize: _, ...older } = deployedWith().settings;
    expect(changesBack({ ...rest, settings }, { ...rest, settings: older })).toEqual([
      'batchSize 10 -> -',
      'memoryMb 1024 -> 512',
      'alarmAddresses ada@example.com -> empty',
    ]);
  });

  test.each<[string, string[], string[], TriggerState, boolean]>([
    ['with the same key', [`kmsKeyArn=${key('a')}`], [`kmsKeyArn=${key('a')}`], 'on', false],
    ['to a deployment without any key, from none', [], [], 'on', false],
    [
      'to a deployment that knows the key as a former one',
      [`kmsKeyArn=${key('a')}`],
      [`kmsKeyArn=${key('b')}`, `formerKmsKeyArns=${key('a')}`],
      'on',
      false,
    ],
    ['to one with a stopped trigger', [], ['triggerEnabled=false'], 'off', false],
    ['where the trigger is to be started', [], [], 'off', true],
  ])('goes on %s', (_, now, then, trigger, isToStart) => {
    const surprises = surprisesOfRollback(deployedWith(...now), deployedWith(...then), {
      trigger,
      isToStart,
    });
    expect(surprises).toEqual([]);
  });

  test.each<[string, string[], string[], TriggerState, string]>([
    ['a key would be unknown', [`kmsKeyArn=${key('b')}`], [], 'on', `does not know the key ${key('b')}`],
    ['names would change', ['namePrefix=acme-'], [], 'on', 'has another namePrefix'],
    ['a stopped trigger might start', [], [], 'off', 'somebody has stopped the trigger'],
  ])('is refused where %s', (_, now, then, trigger, words) => {
    const asked = { trigger, isToStart: false };
    expect(surprisesOfRollback(deployedWith(...now), deployedWith(...then), asked)).toEqual([
      expect.stringContaining(words),
    ]);
  });

  test('is refused where a key is in use and the earlier deployment does not tell its own', () => {
    const asked = { trigger: 'on', isToStart: false } as const;
    const now = deployedWith(`kmsKeyArn=${key('a')}`);
    expect(surprisesOfRollback(now, undefined, asked)).toHaveLength(1);
  });
});
