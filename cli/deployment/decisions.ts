import { stringify } from 'yaml';
import type { Name, Settings } from '../../deployment/parameters.ts';
import { names, type Reading, type Source } from '../../deployment/settings.ts';
import { stageFile } from '../../deployment/stage-file.ts';
import type { DeployedWith } from '../../operator/aws/stack.ts';
import type { TriggerState } from '../../operator/aws/trigger.ts';

/** A parameter that a deployment gives another value. */
export interface Change {
  readonly name: Name;
  /** As it is written on the command line; undefined where nothing is deployed, or by a version without it. */
  readonly from: string | undefined;
  readonly to: string;
  readonly source: Source;
}

/** What a deployment would change in the parameters of a stack; all that is not left to its default where there is none. */
export function changesTo(deployedWith: DeployedWith | undefined, { settings, sources }: Reading): Change[] {
  const deployed = deployedWith?.settings ?? {};
  return names
    .map((name) => ({
      name,
      from: Object.hasOwn(deployed, name) ? written(deployed[name]) : undefined,
      to: written(settings[name]),
      source: sources[name],
    }))
    .filter(({ from, to, source }) => (from === undefined ? source !== 'default' : from !== to));
}

export interface Situation {
  readonly stage: string;
  /** Undefined where the stack does not tell. */
  readonly deployedWith: DeployedWith | undefined;
  readonly reading: Reading;
  readonly trigger: TriggerState;
  /** Whether somebody has said that a stopped trigger is to be started. */
  readonly isToStart: boolean;
  /** Whether somebody has said that what a stack does not tell need not be compared. */
  readonly isUncompared: boolean;
}

/** Why a deployment would surprise whoever starts it, with what to write instead; a sentence each. */
export function surprisesOf(situation: Situation): string[] {
  const { deployedWith, reading, stage } = situation;
  return [
    ...(deployedWith === undefined
      ? aboutSilence(situation)
      : [
          ...aboutDefaults(deployedWith, reading, stage),
          ...aboutKey(deployedWith, reading.settings, stage),
          ...aboutNames(deployedWith, reading.settings),
        ]),
    ...aboutTrigger(situation),
  ];
}

/** Why a stack cannot be deployed as it is, with what to do first. */
export function obstacleOf(status: string, stage: string, region: string): string | undefined {
  const name = `usher-${stage}`;
  if (NEVER_MADE.has(status))
    return `the first deployment of ${name} has failed (${status}), and only a new one can follow. First run: npm run remove -- --stage ${stage} --region ${region}`;
  if (status.endsWith('_IN_PROGRESS'))
    return `CloudFormation is still at work on ${name} (${status}). Wait until it is done`;
  if (status === 'UPDATE_ROLLBACK_FAILED')
    return `${name} is stuck half-way back (${status}). See in its events what is in the way, then run: aws cloudformation continue-update-rollback --region ${region} --stack-name ${name}`;
  if (status === 'DELETE_FAILED')
    return `${name} is half removed (${status}). See in its events what is in the way, then run: npm run remove -- --stage ${stage} --region ${region}`;
  return undefined;
}

const NEVER_MADE = new Set(['REVIEW_IN_PROGRESS', 'CREATE_FAILED', 'ROLLBACK_COMPLETE', 'ROLLBACK_FAILED']);

function aboutSilence({ stage, isUncompared }: Situation): string[] {
  if (isUncompared) return [];
  return [
    `the stack does not tell what it was deployed with, so that whatever was set then may be lost. Write all of it into ${stageFile(stage)}, then say --uncompared`,
  ];
}

/** What somebody has chosen once, and what now nobody says. */
function aboutDefaults(deployedWith: DeployedWith, reading: Reading, stage: string): string[] {
  return changesTo(deployedWith, reading)
    .filter(({ name, source }) => source === 'default' && deployedWith.given.includes(name))
    .map(
      ({ name, from = '', to }) =>
        `${name} is ${shown(from)} and would fall back to its default, ${shown(to)}. To keep it, write "${line(name, deployedWith.settings[name])}" into ${stageFile(stage)}; to let it go, say --param "${name}=${to}"`,
    );
}

/** As a line of a stage's file. */
function line(name: Name, value: unknown): string {
  return stringify({ [name]: Array.isArray(value) ? value.join(',') : value }, { lineWidth: 0 }).trim();
}

/** Messages stay under the key that they were sent under. */
function aboutKey(
  { settings: deployed }: DeployedWith,
  { kmsKeyArn, formerKmsKeyArns }: Settings,
  stage: string,
): string[] {
  const former = written(deployed.kmsKeyArn);
  if (former === '' || former === kmsKeyArn || formerKmsKeyArns.includes(former)) return [];
  return [
    `kmsKeyArn changes, and messages that lie under the former key could not be read any more. Name ${former} in formerKmsKeyArns of ${stageFile(stage)} until they are gone`,
  ];
}

function aboutNames({ settings: deployed }: DeployedWith, { namePrefix }: Settings): string[] {
  if (deployed.namePrefix === undefined || deployed.namePrefix === namePrefix) return [];
  return [
    `namePrefix is ${shown(written(deployed.namePrefix))} and cannot change: the queues would be replaced by empty ones. Leave it, or deploy another stage`,
  ];
}

function aboutTrigger({ stage, reading, trigger, isToStart }: Situation): string[] {
  if (trigger !== 'off' || !reading.settings.triggerEnabled || isToStart) return [];
  return [
    `somebody has stopped the trigger of user-requested, and this would start it. Write "triggerEnabled: false" into ${stageFile(stage)} to leave it stopped, or say --start`,
  ];
}

function written(value: unknown): string {
  return Array.isArray(value) ? value.join(',') : String(value ?? '');
}

/** For people. */
export function shown(text: string): string {
  return text === '' ? 'empty' : text;
}

/** What going back to an earlier deployment would change in the parameters, `name before -> after` each. */
export function changesBack(now: DeployedWith, then: DeployedWith): string[] {
  const all = new Set([...Object.keys(now.settings), ...Object.keys(then.settings)]);
  const value = ({ settings }: DeployedWith, name: string) =>
    Object.hasOwn(settings, name) ? shown(written(settings[name])) : '-';
  return [...all]
    .filter((name) => value(now, name) !== value(then, name))
    .map((name) => `${name} ${value(now, name)} -> ${value(then, name)}`);
}

/** Why going back would surprise whoever does it, with what to do instead; a sentence each. */
export function surprisesOfRollback(
  deployedNow: DeployedWith | undefined,
  deployedThen: DeployedWith | undefined,
  { trigger, isToStart }: Pick<Situation, 'trigger' | 'isToStart'>,
): string[] {
  const now = deployedNow?.settings ?? {};
  const then = deployedThen?.settings ?? {};
  const key = written(now.kmsKeyArn);
  const known = [written(then.kmsKeyArn), ...written(then.formerKmsKeyArns).split(',')];
  const isKeyLost = key !== '' && !known.includes(key);
  const isRenamed = written(now.namePrefix) !== written(then.namePrefix);
  const isStarted = trigger === 'off' && written(then.triggerEnabled) !== 'false' && !isToStart;
  return [
    ...(isKeyLost
      ? [
          `that deployment does not know the key ${key}, and messages that lie under it could not be read any more. Check its version out and deploy it with that key in formerKmsKeyArns`,
        ]
      : []),
    ...(isRenamed
      ? ['that deployment has another namePrefix, and the queues would be replaced by empty ones']
      : []),
    ...(isStarted
      ? [
          'somebody has stopped the trigger of user-requested, and this may start it. Where it is to start, say --start',
        ]
      : []),
  ];
}
