// What serverless.yml takes from here. osls calls these functions with its options and its resolver of variables.
import own from '../package.json' with { type: 'json' };
import { allowListNames, allowLists } from './allow-lists.ts';
import type { Settings } from './parameters.ts';
import { RELEASE_STAGE } from './placeholders.ts';
import { releaseSettings } from './release-settings.ts';
import { names as parameterNames, type Reading } from './settings.ts';
import { readStage } from './stage-file.ts';
import { type Deployment, functionNames, prefixOf } from './template/names.ts';
import { template as templateOf } from './template/template.ts';

interface Asked {
  readonly options: { readonly param?: readonly string[] | undefined };
  readonly resolveVariable: (variable: string) => Promise<unknown>;
}

async function stageOf({ resolveVariable }: Asked): Promise<string> {
  return String(await resolveVariable('sls:stage'));
}

async function read(asked: Asked): Promise<Reading> {
  const stage = await stageOf(asked);
  if (stage === RELEASE_STAGE) return releaseSettings();
  return readStage(stage, asked.options.param ?? []);
}

async function deploymentOf(asked: Asked): Promise<Deployment> {
  const { settings, sources } = await read(asked);
  const given = parameterNames.filter((name) => sources[name] !== 'default');
  return { stage: await stageOf(asked), settings, given, version: own.version };
}

/** What is wrong with the parameters; `check-parameters.js` then refuses to go on. */
export const problems = async (asked: Asked) => (await read(asked)).problems;

export const settings = async (asked: Asked): Promise<Settings> => (await read(asked)).settings;

export const template = async (asked: Asked) => templateOf(await deploymentOf(asked));

/** The full name of each function. */
export const names = async (asked: Asked) => {
  const prefix = prefixOf(await deploymentOf(asked));
  return Object.fromEntries(functionNames.map((name) => [name, prefix + name]));
};

/** The environment of `user-requested`, beside what both functions have. */
export const requestEnvironment = async (asked: Asked) => {
  const all = await settings(asked);
  return {
    REQUEST_QUEUE_URL: { Ref: 'RequestsQueue' },
    MAX_RECEIVES: all.maxReceives,
    SECRET_PREFIX: all.secretPrefix,
    ...Object.fromEntries(allowListNames.map((name) => [allowLists[name].variable, all[name].join(',')])),
  };
};

// Of these, null leaves the property out.
export const reservedConcurrency = async (asked: Asked) => {
  const { reservedConcurrency: reserved } = await settings(asked);
  return { 'user-requested': reserved || null, 'request-exhausted': reserved > 0 ? 2 : null };
};

/** Said only where the stage says something: a deployment that says nothing leaves the stack as protected as it is. */
export const deletionProtection = async (asked: Asked) => {
  const { settings: all, given } = await deploymentOf(asked);
  return given.includes('deletionProtection') ? all.deletionProtection : null;
};

export const vpc = async (asked: Asked) => {
  const { vpcSubnetIds, vpcSecurityGroupIds } = await settings(asked);
  return vpcSubnetIds.length > 0 ? { subnetIds: vpcSubnetIds, securityGroupIds: vpcSecurityGroupIds } : null;
};

/** On everything that the stack makes. */
export const tags = async (asked: Asked) => {
  const { tags: pairs } = await settings(asked);
  const split = (pair: string) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
  return { ...Object.fromEntries(pairs.map(split)), 'usher:version': own.version };
};
