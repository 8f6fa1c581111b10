import type { Name, Settings } from '../../deployment/parameters.ts';
import { names, type Reading, type Source } from '../../deployment/settings.ts';
import { stageFile } from '../../deployment/stage-file.ts';
import type { DeployedWith } from '../../operator/aws/stack.ts';
import type { TriggerState } from '../../operator/aws/trigger.ts';

/** A parameter that a deployment gives another value. */
export interface Change {
  readonly name: Name;
  /** As they are written on the command line. */
  readonly from: string;
  readonly to: string;
  readonly source: Source;
}

/** What a deployment would change in the parameters of a stack. */
export function changesTo({ settings: deployed }: DeployedWith, { settings, sources }: Reading): Change[] {
  return names
    .filter((name) => Object.hasOwn(deployed, name))
    .map((name) => ({
      name,
      from: written(deployed[name]),
      to: written(settings[name]),
      source: sources[name],
    }))
    .filter(({ from, to }) => from !== to);
}

export interface Situation {
  readonly stage: string;
  readonly deployedWith: DeployedWith;
  readonly reading: Reading;
  readonly trigger: TriggerState;
  /** Whether somebody has said that a stopped trigger is to be started. */
  readonly isToStart: boolean;
}

/** Why a deployment would surprise whoever starts it, with what to write instead; a sentence each. */
export function surprisesOf(situation: Situation): string[] {
  const { deployedWith, reading, stage } = situation;
  const changes = changesTo(deployedWith, reading);
  return [
    ...changes
      .filter(({ name, source }) => source === 'default' && deployedWith.given.includes(name))
      .map(
        ({ name, from, to }) =>
          `${name} is ${shown(from)} and would fall back to its default. Write "${name}: ${from}" into ${stageFile(stage)}, or say --param "${name}=${to}"`,
      ),
    ...aboutKey(deployedWith, reading.settings, stage),
    ...aboutNames(deployedWith, reading.settings),
    ...aboutTrigger(situation),
  ];
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

function shown(text: string): string {
  return text === '' ? 'empty' : text;
}
