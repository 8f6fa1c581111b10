import { describe, expect, test } from 'vitest';
import { rightSpelling } from '../cli/deployment/swallowed.ts';

const options = [
  { name: 'stage', hasValue: true },
  { name: 'region', hasValue: true },
  { name: 'param', hasValue: true },
  { name: 'confirm', hasValue: true },
  { name: 'to', hasValue: true },
  { name: 'drop-unread', hasValue: false },
];

describe('Of what npm has kept, the right spelling', () => {
  test.each<[string, string[], Record<string, string>, string]>([
    ['--stage=prod', [], { npm_config_stage: 'prod' }, '--stage prod'],
    ['--stage prod', ['prod'], { npm_config_stage: 'true' }, '--stage prod'],
    ['--stage', [], { npm_config_stage: 'true' }, '--stage …'],
    [
      '--stage=prod --region=eu-west-1',
      [],
      { npm_config_stage: 'prod', npm_config_region: 'eu-west-1' },
      '--region eu-west-1 --stage prod',
    ],
    [
      '--stage prod --region eu-west-1',
      ['prod', 'eu-west-1'],
      { npm_config_stage: 'true', npm_config_region: 'true' },
      '--region eu-west-1 --stage prod',
    ],
    [
      '--param=a=1 --param=b=2 -- --stage prod',
      ['--stage', 'prod'],
      { npm_config_param: 'a=1\n\nb=2' },
      '--param "a=1" --param "b=2" --stage prod',
    ],
    [
      '--param a=1 --param b=2 --stage prod',
      ['a=1', 'b=2', 'prod'],
      { npm_config_param: 'true\n\ntrue', npm_config_stage: 'true' },
      '--param "a=1" --param "b=2" --stage prod',
    ],
    ['--confirm prod', ['prod'], { npm_config_confirm: 'true' }, '--confirm prod'],
    [
      '--drop-unread -- --stage prod',
      ['--stage', 'prod'],
      { npm_config_drop_unread: 'true' },
      '--drop-unread --stage prod',
    ],
    ['--to 17', [], { npm_config_token_description: '17' }, '--to 17'],
  ])('%s has %j and %j left, and is told whole', (_, args, environment, spelling) => {
    const told = rightSpelling('remove', options, args, environment);
    expect(told).toMatch(/^npm has taken --.* for itself; write: npm run remove -- /s);
    expect(told?.split('npm run remove -- ')[1]).toBe(spelling);
  });

  test('says what npm has taken, with its value', () => {
    expect(rightSpelling('remove', options, [], { npm_config_stage: 'prod' })).toBe(
      'npm has taken --stage=prod for itself; write: npm run remove -- --stage prod',
    );
  });
});

test('A bare word is taken for the stage', () => {
  expect(rightSpelling('deploy', options, ['prod'], {})).toBe(
    'prod belongs to no option; write: npm run deploy -- --stage prod',
  );
});

test('What was written after -- is right as it is', () => {
  const environment = { npm_config_yes: '', npm_config_loglevel: 'error' };
  expect(
    rightSpelling('deploy', options, ['--stage', 'prod', '--param', 'a=b'], environment),
  ).toBeUndefined();
});
