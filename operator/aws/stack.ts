import {
  CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
  type Stack,
} from '@aws-sdk/client-cloudformation';
import * as z from 'zod';
import { parseJson } from '../../lib/json.ts';

/** A stage as it is deployed. */
export interface DeployedStack {
  readonly name: string;
  /** CloudFormation's word for it. */
  readonly status: string;
  /** Whether CloudFormation refuses to delete it. */
  readonly isProtected: boolean;
  readonly outputs: ReadonlyMap<string, string>;
  /** What it was deployed with; undefined where its template does not tell. */
  readonly deployedWith: DeployedWith | undefined;
}

export type DeployedWith = z.infer<typeof deployedWithSchema>;

const deployedWithSchema = z.object({
  version: z.string(),
  /** By the names of `deployment/parameters.ts` of that version. */
  settings: z.record(z.string(), z.unknown()),
  /** The names of those that were no defaults. */
  given: z.array(z.string()),
});
const templateSchema = z.object({ Metadata: z.object({ Usher: deployedWithSchema }) });

export const stackName = (stage: string) => `usher-${stage}`;

/** Reads the stack of a stage; undefined where there is none. */
export async function readStack(stage: string, region: string): Promise<DeployedStack | undefined> {
  const client = new CloudFormationClient({ region });
  try {
    const StackName = stackName(stage);
    const stack = await describe(client, StackName);
    if (stack === undefined) return undefined;
    const TemplateBody = await templateOf(client, stack);
    return {
      name: StackName,
      status: stack.StackStatus ?? '',
      isProtected: stack.EnableTerminationProtection ?? false,
      outputs: new Map(
        (stack.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
      ),
      deployedWith: deployedWithOf(TemplateBody),
    };
  } finally {
    client.destroy();
  }
}

/** What a template tells of how it was deployed. */
export function deployedWithOf(templateBody: string): DeployedWith | undefined {
  return templateSchema.safeParse(parseJson(templateBody)).data?.Metadata.Usher;
}

/** A stack that is only under review has no template yet. */
async function templateOf(client: CloudFormationClient, { StackName, StackStatus }: Stack): Promise<string> {
  if (StackStatus === 'REVIEW_IN_PROGRESS') return '';
  const { TemplateBody = '' } = await client.send(new GetTemplateCommand({ StackName }));
  return TemplateBody;
}

async function describe(client: CloudFormationClient, StackName: string): Promise<Stack | undefined> {
  try {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName }));
    return Stacks?.[0];
  } catch (error) {
    // The one way in which CloudFormation says that there is no such stack.
    const isAbsent =
      error instanceof Error && error.name === 'ValidationError' && /does not exist/.test(error.message);
    if (isAbsent) return undefined;
    throw error;
  }
}
