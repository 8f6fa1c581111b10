import { conditionOf, openParameter } from '../placeholders.ts';

/** What a template may hold in place of a value. */
export type Value = unknown;
export type Properties = Readonly<Record<string, Value>>;
export interface Resource {
  readonly Type: string;
  readonly Condition?: string | undefined;
  readonly DeletionPolicy?: 'Retain' | 'Delete';
  readonly UpdateReplacePolicy?: 'Retain' | undefined;
  readonly Properties: Properties;
}
export type Resources = Readonly<Record<string, Resource>>;

export const ref = (id: string) => ({ Ref: id });
export const arnOf = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
export const nameOfQueue = (id: string) => ({ 'Fn::GetAtt': [id, 'QueueName'] });
export const sub = (text: string) => ({ 'Fn::Sub': text });

const nothing = ref('AWS::NoValue');

/** What stands in a list only where a setting is not empty; where it is left open, CloudFormation decides. */
export function where(setting: string | readonly string[], item: Value): Value[] {
  if (setting.length === 0) return [];
  const parameter = openParameter(setting);
  return [parameter === undefined ? item : choose(parameter, item, nothing)];
}

/** One value where a setting is not empty, another one where it is; either may be undefined, which leaves a property out. */
export function either(setting: string | readonly string[], full: Value, empty?: Value): Value {
  const parameter = openParameter(setting);
  if (parameter !== undefined) return choose(parameter, full ?? nothing, empty ?? nothing);
  return setting.length > 0 ? full : empty;
}

/** The condition of a resource that is there only where a setting, which is left open, is not empty. */
export function conditionFor(setting: string | readonly string[]): string | undefined {
  const parameter = openParameter(setting);
  return parameter === undefined ? undefined : conditionOf(parameter);
}

function choose(parameter: string, then: Value, otherwise: Value): Value {
  return { 'Fn::If': [conditionOf(parameter), then, otherwise] };
}
