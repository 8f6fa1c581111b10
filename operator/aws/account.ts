import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';

/** Where somebody works, and as whom. */
export interface Account {
  readonly account: string;
  /** The ARN of the user or role that asks. */
  readonly caller: string;
}

export async function whoAmI(region: string): Promise<Account> {
  const client = new STSClient({ region });
  try {
    const { Account: account = '', Arn: caller = '' } = await client.send(new GetCallerIdentityCommand({}));
    return { account, caller };
  } finally {
    client.destroy();
  }
}

/** The region of the profile in use; undefined where it names none. */
export async function regionOfProfile(): Promise<string | undefined> {
  const client = new STSClient({});
  try {
    return await client.config.region();
  } catch {
    // The SDK's own "Region is missing": there is none.
    return undefined;
  } finally {
    client.destroy();
  }
}
