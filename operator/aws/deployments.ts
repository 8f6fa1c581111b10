import { CloudFormationClient, DescribeStackResourceCommand } from '@aws-sdk/client-cloudformation';
import { GetObjectCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { type DeployedWith, deployedWithOf, stackName } from './stack.ts';

/** A deployment that a stage can go back to. */
export interface Deployment {
  /** What osls knows it by: milliseconds since 1970. */
  readonly timestamp: string;
  /** Undefined where its template does not tell. */
  readonly deployedWith: DeployedWith | undefined;
}

/** osls keeps each deployment in a folder that is named after its time, in the bucket of the stack. */
const TEMPLATE = /\/(\d+)-\d{4}-\d\d-\d\dT[^/]+\/compiled-cloudformation-template\.json$/;

/** The deployments whose code and template are kept, the oldest first. */
export async function keptDeployments(stage: string, region: string): Promise<Deployment[]> {
  const Bucket = await bucketOf(stage, region);
  if (Bucket === undefined) return [];
  const client = new S3Client({ region });
  try {
    const found: Deployment[] = [];
    const pages = paginateListObjectsV2({ client }, { Bucket, Prefix: `serverless/usher/${stage}/` });
    for await (const { Contents = [] } of pages) {
      for (const { Key = '' } of Contents) {
        const [, timestamp] = TEMPLATE.exec(Key) ?? [];
        if (timestamp === undefined) continue;
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
        const template = (await Body?.transformToString()) ?? '';
        found.push({ timestamp, deployedWith: deployedWithOf(template) });
      }
    }
    return found.sort((one, other) => Number(one.timestamp) - Number(other.timestamp));
  } finally {
    client.destroy();
  }
}

async function bucketOf(stage: string, region: string): Promise<string | undefined> {
  const client = new CloudFormationClient({ region });
  try {
    const LogicalResourceId = 'ServerlessDeploymentBucket';
    const command = new DescribeStackResourceCommand({ StackName: stackName(stage), LogicalResourceId });
    const { StackResourceDetail } = await client.send(command);
    return StackResourceDetail?.PhysicalResourceId;
  } catch (error) {
    // A stack whose first deployment has failed may have none.
    if (error instanceof Error && error.name === 'ValidationError') return undefined;
    throw error;
  }
}
