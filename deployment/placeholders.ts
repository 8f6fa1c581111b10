// The release template leaves some settings to whoever deploys it, as parameters of CloudFormation. While it is made, a
// placeholder stands for each of them; cli/release then writes references in their place.

/** The parameters of the release template, by the setting that each stands for; `stage` is none, and stands for itself. */
export const LEFT_OPEN = {
  stage: 'Stage',
  namePrefix: 'NamePrefix',
  secretPrefix: 'SecretPrefix',
  fireworksAllowedRoles: 'FireworksAllowedRoles',
  vectaraAllowedApiRoles: 'VectaraAllowedApiRoles',
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
