import { LambdaClient, ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda';
import type { DeployedStack } from './stack.ts';

/** Whether `user-requested` reads the requests queue. */
export type TriggerState = 'on' | 'off' | 'unknown';

const OFF = new Set(['Disabled', 'Disabling']);

/** `unknown` where the stack has no such queue, or nothing reads it. */
export async function triggerState({ outputs }: DeployedStack, region: string): Promise<TriggerState> {
  const EventSourceArn = outputs.get('RequestsQueueArn');
  if (EventSourceArn === undefined) return 'unknown';
  const client = new LambdaClient({ region });
  try {
    const { EventSourceMappings } = await client.send(new ListEventSourceMappingsCommand({ EventSourceArn }));
    const state = EventSourceMappings?.[0]?.State;
    if (state === undefined) return 'unknown';
    return OFF.has(state) ? 'off' : 'on';
  } finally {
    client.destroy();
  }
}
