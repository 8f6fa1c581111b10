import type { Schema } from './json-schema.ts';

const isStated = (name: string): Schema => ({
  required: [name],
  properties: { [name]: { not: { type: 'null' } } },
});
const is = (name: string, value: unknown): Schema => ({
  required: [name],
  properties: { [name]: { const: value as string } },
});

/**
 * Rules between fields of `data.user`, which the providers say in code. test/schemas.test.ts proves that both judge
 * alike.
 */
const RULES: Readonly<Record<string, readonly Schema[]>> = {
  fireworks: [
    {
      description: 'A service account needs a userId, and anybody else an e-mail.',
      if: is('serviceAccount', true),
      // biome-ignore lint/suspicious/noThenProperty: it is a keyword of JSON Schema.
      then: isStated('userId'),
      else: isStated('email'),
    },
    {
      description: 'Role custom, and no other, has a permissionPreset.',
      if: is('role', 'custom'),
      // biome-ignore lint/suspicious/noThenProperty: it is a keyword of JSON Schema.
      then: isStated('permissionPreset'),
      else: { not: isStated('permissionPreset') },
    },
  ],
};

export function rulesBetweenFields(provider: string): Schema[] {
  return [...(RULES[provider] ?? [])];
}
