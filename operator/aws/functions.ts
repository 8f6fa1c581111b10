import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';

/** The environment that a function is deployed with. */
export async function environmentOf(
  functionName: string,
  region: string,
): Promise<Readonly<Record<string, string>>> {
  const client = new LambdaClient({ region });
  try {
    const command = new GetFunctionConfigurationCommand({ FunctionName: functionName });
    const { Environment } = await client.send(command);
    return Environment?.Variables ?? {};
  } finally {
    client.destroy();
  }
}
