import { LambdaClient, ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda';
import type { DeployedStack } from './stack.ts';

/** Whether `user-requested` reads the requests queue. */
export type TriggerState = 'on' | 'off' | 'unknown';

const OFF = new Set(['Disabled', 'Disabling']);

/** `unknown` where the stack has no such function, or the function no trigger. */
export async function triggerState({ outputs }: DeployedStack, region: string): Promise<TriggerState> {
  const FunctionName = outputs.get('UserRequestedFunctionName');
  if (FunctionName === undefined) return 'unknown';
  const client = new LambdaClient({ region });
  try {
    const { EventSourceMappings } = await client.send(new ListEventSourceMappingsCommand({ FunctionName }));
    const state = EventSourceMappings?.[0]?.State;
    if (state === undefined) return 'unknown';
    return OFF.has(state) ? 'off' : 'on';
  } finally {
    client.destroy();
  }
}
