import type { QueryOperation } from '../aws/query-protocol.ts';
import { refusal } from '../aws/service.ts';

/** A stack as CloudFormation describes it. */
export interface LocalStack {
  readonly name: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly metadata: unknown;
}

/** CloudFormation of this machine, which has one stack. */
export function createCloudFormation(stack: LocalStack): ReadonlyMap<string, QueryOperation> {
  const forStack =
    (answer: () => unknown): QueryOperation =>
    (fields) => {
      const asked = fields.get('StackName');
      if (asked === stack.name) return { status: 200, body: answer() };
      return refusal('ValidationError', `Stack with id ${asked} does not exist`);
    };
  const described = {
    StackName: stack.name,
    CreationTime: new Date().toISOString(),
    StackStatus: 'CREATE_COMPLETE',
    EnableTerminationProtection: false,
    Outputs: Object.entries(stack.outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue })),
  };
  return new Map([
    ['DescribeStacks', forStack(() => ({ Stacks: [described] }))],
    ['GetTemplate', forStack(() => ({ TemplateBody: JSON.stringify({ Metadata: stack.metadata }) }))],
  ]);
}
