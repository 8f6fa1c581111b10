import {
  type EventSourceMappingConfiguration,
  LambdaClient,
  ListEventSourceMappingsCommand,
  ListTagsCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import type { DeployedStack } from './stack.ts';

/** Whether a function reads its queue. */
export type TriggerState = 'on' | 'off' | 'unknown';

/** By the output of the stack that tells the ARN of the queue that is read. */
export type TriggerOf = 'RequestsQueueArn' | 'RequestsExhaustedQueueArn';

/** Why a trigger was stopped, and by whom, as far as it was told. */
export interface Stopped {
  readonly reason: string | undefined;
  readonly by: string | undefined;
  readonly at: string | undefined;
}

export interface Trigger {
  readonly state: TriggerState;
  /** Lambda's word for it. */
  readonly told: string;
  /** Undefined where it is on, or nobody has said why it is not. */
  readonly stopped: Stopped | undefined;
}

const OFF = new Set(['Disabled', 'Disabling']);
/** Tags of the event source mapping. */
const TAGS = { reason: 'usher:stopped-because', by: 'usher:stopped-by', at: 'usher:stopped-at' };

/** `unknown` where the stack has no such queue, or nothing reads it. */
export async function triggerState(stack: DeployedStack, region: string): Promise<TriggerState> {
  return withLambda(region, async (client) => stateOf(await mappingOf(stack, client)));
}

/** The trigger with the reason for which it was stopped. */
export async function readTrigger(stack: DeployedStack, region: string, of: TriggerOf): Promise<Trigger> {
  return withLambda(region, async (client) => {
    const mapping = await mappingOf(stack, client, of);
    const state = stateOf(mapping);
    const stopped = state === 'off' ? await stoppedOf(mapping, client) : undefined;
    return { state, told: mapping?.State ?? 'missing', stopped };
  });
}

/** Starts the trigger where it is stopped; says whether it was. */
export async function startTrigger(stack: DeployedStack, region: string): Promise<boolean> {
  return withLambda(region, async (client) => {
    const mapping = await mappingOf(stack, client);
    if (stateOf(mapping) !== 'off') return false;
    await client.send(new UpdateEventSourceMappingCommand({ UUID: mapping?.UUID, Enabled: true }));
    const Resource = mapping?.EventSourceMappingArn;
    if ((await stoppedOf(mapping, client)) !== undefined)
      await client.send(new UntagResourceCommand({ Resource, TagKeys: Object.values(TAGS) }));
    return true;
  });
}

/** Stops the trigger where it is on, and keeps the reason with it; says whether it was on. */
export async function stopTrigger(
  stack: DeployedStack,
  region: string,
  { reason, by }: { readonly reason: string; readonly by: string },
): Promise<boolean> {
  return withLambda(region, async (client) => {
    const mapping = await mappingOf(stack, client);
    if (stateOf(mapping) !== 'on') return false;
    // First the reason: whoever finds it stopped finds out why.
    const told = { reason, by, at: new Date().toISOString() };
    await client.send(
      new TagResourceCommand({ Resource: mapping?.EventSourceMappingArn, Tags: tagsOf(told) }),
    );
    await client.send(new UpdateEventSourceMappingCommand({ UUID: mapping?.UUID, Enabled: false }));
    return true;
  });
}

type Mapping = EventSourceMappingConfiguration | undefined;

async function mappingOf(
  { outputs }: DeployedStack,
  client: LambdaClient,
  of: TriggerOf = 'RequestsQueueArn',
): Promise<Mapping> {
  const EventSourceArn = outputs.get(of);
  if (EventSourceArn === undefined) return undefined;
  const { EventSourceMappings } = await client.send(new ListEventSourceMappingsCommand({ EventSourceArn }));
  return EventSourceMappings?.[0];
}

function stateOf(mapping: Mapping): TriggerState {
  if (mapping?.State === undefined) return 'unknown';
  return OFF.has(mapping.State) ? 'off' : 'on';
}

async function stoppedOf(mapping: Mapping, client: LambdaClient): Promise<Stopped | undefined> {
  const { Tags = {} } = await client.send(new ListTagsCommand({ Resource: mapping?.EventSourceMappingArn }));
  const stopped = { reason: Tags[TAGS.reason], by: Tags[TAGS.by], at: Tags[TAGS.at] };
  return Object.values(stopped).every((value) => value === undefined) ? undefined : stopped;
}

/** https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html */
function tagsOf(told: Readonly<Record<keyof typeof TAGS, string>>): Record<string, string> {
  const allowed = (text: string) => text.replace(/[^\p{L}\p{N}\s_.:/=+\-@]/gu, '_').slice(0, 256);
  return { [TAGS.reason]: allowed(told.reason), [TAGS.by]: allowed(told.by), [TAGS.at]: allowed(told.at) };
}

async function withLambda<T>(region: string, use: (client: LambdaClient) => Promise<T>): Promise<T> {
  const client = new LambdaClient({ region });
  try {
    return await use(client);
  } finally {
    client.destroy();
  }
}
