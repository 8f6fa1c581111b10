import {
  type EventSourceMappingConfiguration,
  LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import type { DeployedStack } from './stack.ts';

/** Whether `user-requested` reads the requests queue. */
export type TriggerState = 'on' | 'off' | 'unknown';

const OFF = new Set(['Disabled', 'Disabling']);

/** `unknown` where the stack has no such queue, or nothing reads it. */
export async function triggerState(stack: DeployedStack, region: string): Promise<TriggerState> {
  return withLambda(region, async (client) => stateOf(await triggerOf(stack, client)));
}

/** Starts the trigger where it is stopped; says whether it was. */
export async function startTrigger(stack: DeployedStack, region: string): Promise<boolean> {
  return withLambda(region, async (client) => {
    const trigger = await triggerOf(stack, client);
    if (stateOf(trigger) !== 'off') return false;
    await client.send(new UpdateEventSourceMappingCommand({ UUID: trigger?.UUID, Enabled: true }));
    return true;
  });
}

type Trigger = EventSourceMappingConfiguration | undefined;

async function triggerOf({ outputs }: DeployedStack, client: LambdaClient): Promise<Trigger> {
  const EventSourceArn = outputs.get('RequestsQueueArn');
  if (EventSourceArn === undefined) return undefined;
  const { EventSourceMappings } = await client.send(new ListEventSourceMappingsCommand({ EventSourceArn }));
  return EventSourceMappings?.[0];
}

function stateOf(trigger: Trigger): TriggerState {
  if (trigger?.State === undefined) return 'unknown';
  return OFF.has(trigger.State) ? 'off' : 'on';
}

async function withLambda<T>(region: string, use: (client: LambdaClient) => Promise<T>): Promise<T> {
  const client = new LambdaClient({ region });
  try {
    return await use(client);
  } finally {
    client.destroy();
  }
}
