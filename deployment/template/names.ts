import type { Settings } from '../parameters.ts';

export const functionNames = ['user-requested', 'request-exhausted'] as const;
export type FunctionName = (typeof functionNames)[number];

/** What is deployed: a stage with its settings, and of which version. */
export interface Deployment {
  readonly stage: string;
  readonly settings: Settings;
  /** The names of those that are no defaults. */
  readonly given: readonly string[];
  readonly version: string;
}

/** What every name in the account begins with. */
export function prefixOf({ stage, settings }: Deployment): string {
  return `${settings.namePrefix}usher-${stage}-`;
}

export const sourceOf = ({ stage }: Deployment) => `urn:usher:${stage}`;
