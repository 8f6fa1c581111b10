import { alarmsOf, subscribersOf } from '../aws/alarms.ts';
import { readTrigger, type Stopped, type TriggerOf } from '../aws/trigger.ts';
import { outputOf, type Target } from '../target.ts';
import { type Finding, ok, unseen, wrong } from './finding.ts';

/** Whether the stack stands, and in which version; `ours` is that of this command. */
export function checkStack({ stack, stage }: Target, ours: string): Finding[] {
  const version = stack.outputs.get('Version') ?? 'unknown';
  const isComplete = /^(CREATE|UPDATE|IMPORT)_COMPLETE$|^UPDATE_ROLLBACK_COMPLETE$/.test(stack.status);
  const text = `${stack.name} is ${stack.status}, version ${version}`;
  if (!isComplete)
    return [
      wrong('stack', text, `see its events in CloudFormation, then npm run deploy -- --stage ${stage}`),
    ];
  const differs = version === ours ? '' : ` (this command is ${ours})`;
  return [ok('stack', text + differs)];
}

const TRIGGERS: readonly (readonly [string, TriggerOf])[] = [
  ['trigger of user-requested', 'RequestsQueueArn'],
  ['trigger of request-exhausted', 'RequestsExhaustedQueueArn'],
];

/** Whether both functions read their queues, and who has said otherwise. */
export async function checkTriggers({ stack, stage, region }: Target): Promise<Finding[]> {
  const found = TRIGGERS.map(async ([about, of]) => {
    const { state, told, stopped } = await readTrigger(stack, region, of);
    if (state === 'on') return ok(about, told);
    if (state === 'unknown')
      return wrong(about, 'nothing reads the queue', `npm run deploy -- --stage ${stage}`);
    return wrong(
      about,
      `${told}${becauseOf(stopped)}`,
      of === 'RequestsQueueArn' ? 'usher start' : 'enable its event source mapping',
    );
  });
  return Promise.all(found);
}

function becauseOf(stopped: Stopped | undefined): string {
  if (stopped === undefined) return ', and nobody has said why';
  const { reason = 'no reason given', by = 'somebody', at = 'some time' } = stopped;
  return `: ${reason} (${by}, ${at})`;
}

/** Which alarms ring, and whether anybody hears them. */
export async function checkAlarms(target: Target): Promise<Finding[]> {
  const prefix = outputOf(target, 'UserRequestedFunctionName').replace(/user-requested$/, '');
  const alarms = await alarmsOf(prefix, target.region);
  if (alarms.length === 0)
    return [wrong('alarms', 'there are none', `npm run deploy -- --stage ${target.stage}`)];
  const ringing = alarms.filter(({ state }) => state === 'ALARM');
  if (ringing.length === 0) return [ok('alarms', `${alarms.length}, none of them rings`)];
  return ringing.map(({ name, text }) =>
    wrong('alarm', `${name} rings: ${firstSentence(text)}`, sectionIn(text)),
  );
}

function firstSentence(text: string): string {
  return /^.*?\.(?=\s|$)/s.exec(text)?.[0] ?? text;
}

function sectionIn(text: string): string {
  return /See (docs\/operations\.md, ".*?")/.exec(text)?.[1] ?? 'usher letters, usher follow ID';
}

export async function checkSubscription({ stack, region }: Target): Promise<Finding[]> {
  const topic = stack.outputs.get('AlarmTopicArn');
  if (topic === undefined) return [unseen('who hears alarms', 'the stack tells no topic')];
  const { confirmed, pending } = await subscribersOf(topic, region);
  if (confirmed > 0)
    return [
      ok('who hears alarms', `${confirmed} confirmed ${confirmed === 1 ? 'subscription' : 'subscriptions'}`),
    ];
  const remedy =
    pending > 0
      ? 'confirm the subscription by the link in the e-mail that AWS has sent'
      : `name alarmAddresses in deployment/stage.${stack.name.replace(/^usher-/, '')}.yml, or subscribe to ${topic}`;
  return [wrong('who hears alarms', pending > 0 ? 'nobody has confirmed yet' : 'nobody', remedy)];
}
