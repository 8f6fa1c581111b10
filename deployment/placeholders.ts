import { type AllowList, allowListNames } from './allow-lists.ts';

// The release template leaves some settings to whoever deploys it, as parameters of CloudFormation. While it is made, a
// placeholder stands for each of them; cli/release then writes references in their place.

/** The parameter of the release template for an allow-list. */
export function parameterOf(name: AllowList): Capitalize<AllowList> {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}` as Capitalize<AllowList>;
}

/** The parameters of the release template, by the setting that each stands for; `stage` is none, and stands for itself. */
export const LEFT_OPEN = {
  stage: 'Stage',
  namePrefix: 'NamePrefix',
  secretPrefix: 'SecretPrefix',
  ...(Object.fromEntries(allowListNames.map((name) => [name, parameterOf(name)])) as Record<
    AllowList,
    Capitalize<AllowList>
  >),
  producerArns: 'ProducerArns',
  producerPrincipalArns: 'ProducerPrincipalArns',
  consumerPrincipalArns: 'ConsumerPrincipalArns',
  kmsKeyArn: 'KmsKeyArn',
  formerKmsKeyArns: 'FormerKmsKeyArns',
  secretsKmsKeyArn: 'SecretsKmsKeyArn',
  alarmAddresses: 'AlarmAddress',
  alarmTopicArn: 'AlarmTopicArn',
  permissionsBoundaryArn: 'PermissionsBoundaryArn',
} as const;

export const placeholderOf = (parameter: string) => `zz${parameter}zz`;
export const PLACEHOLDER = /zz([A-Z][A-Za-z]+)zz/;

/** The stage that a release is packaged for. */
export const RELEASE_STAGE = placeholderOf(LEFT_OPEN.stage);

/** The condition of the release template that holds where a parameter is not empty. */
export const conditionOf = (parameter: string) => `Has${parameter}`;

/** The parameter that a setting is left open with, if it is. */
export function openParameter(setting: string | readonly string[]): string | undefined {
  const [value = ''] = typeof setting === 'string' ? [setting] : setting;
  return PLACEHOLDER.exec(value)?.[1];
}
