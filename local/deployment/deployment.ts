import { isObject, type JsonObject, parseJson } from '../../lib/json.ts';
import manifest from '../../package.json' with { type: 'json' };
import type { QueryOperation } from '../aws/query-protocol.ts';
import { accountId, type Service } from '../aws/service.ts';
import type { Queues } from '../queues.ts';
import { createCloudFormation } from './cloudformation.ts';
import { createCloudWatch, type LocalAlarm } from './cloudwatch.ts';
import { createLambdaApi, type DeployedFunction, type RestCall } from './lambda.ts';
import { createLogs } from './logs.ts';

export const STAGE = 'local';
const PREFIX = `usher-${STAGE}-`;

/** What AWS tells of a deployment beside its queues and secrets: its stack, functions, logs and alarms. */
export interface LocalDeployment {
  /** By the prefix of the target, as AWS's JSON protocol names a service. */
  readonly json: ReadonlyMap<string, Service>;
  readonly query: ReadonlyMap<string, QueryOperation>;
  readonly lambda: ReturnType<typeof createLambdaApi>;
  /** Takes a line of a function's log. */
  write(functionName: string, line: string): void;
}

export type { DeployedFunction, RestCall };

export interface LocalDeploymentOptions {
  readonly queues: Queues;
  readonly userRequested: Omit<DeployedFunction, 'name'>;
  readonly requestExhausted: Omit<DeployedFunction, 'name'>;
  readonly secretPrefix: string;
  /** Everything that lies in a queue, read or not. */
  readonly messagesIn: (queueUrl: string) => Promise<number>;
  readonly ageOfOldest: (queueName: string) => number;
}

export function createDeployment(options: LocalDeploymentOptions): LocalDeployment {
  const { queues, secretPrefix, messagesIn, ageOfOldest } = options;
  const userRequested = { ...options.userRequested, name: `${PREFIX}user-requested` };
  const requestExhausted = { ...options.requestExhausted, name: `${PREFIX}request-exhausted` };
  const logs = createLogs([userRequested, requestExhausted].map(({ name }) => groupOf(name)));
  const paused = new Set<string>();

  const outputs = {
    Version: manifest.version,
    RequestsQueueUrl: queues.requests.url,
    RequestsQueueArn: queues.requests.arn,
    RequestsExhaustedQueueUrl: queues.requestsExhausted.url,
    RequestsExhaustedQueueArn: queues.requestsExhausted.arn,
    CompletionsQueueUrl: queues.completions.url,
    CompletionsQueueArn: queues.completions.arn,
    DeadLettersQueueUrl: queues.deadLetters.url,
    DeadLettersQueueArn: queues.deadLetters.arn,
    UserRequestedFunctionName: userRequested.name,
    RequestExhaustedFunctionName: requestExhausted.name,
    UserRequestedLogGroupName: groupOf(userRequested.name),
    RequestExhaustedLogGroupName: groupOf(requestExhausted.name),
    SecretNamePrefix: secretPrefix,
  };
  const metadata = { Usher: { version: manifest.version, settings: {}, given: [] } };
  const alarms: LocalAlarm[] = [
    {
      name: `${PREFIX}dead-letters-waiting`,
      description:
        'Requests ended without a user, and their dead letters lie there: npx usher letters --local',
      isRinging: async () => (await messagesIn(queues.deadLetters.url)) > 0,
    },
    {
      name: `${PREFIX}requests-exhausted`,
      description: 'SQS gave requests up, and they have not been answered yet.',
      isRinging: async () => (await messagesIn(queues.requestsExhausted.url)) > 0,
    },
    {
      name: `${PREFIX}connection-paused`,
      description:
        'A provider refuses our credentials, a secret cannot be used, or a provider fails again and again.',
      isRinging: () => paused.size > 0,
    },
  ];

  return {
    json: new Map<string, Service>([
      ['Logs_20140328', logs.call],
      ['GraniteServiceVersion20100801', createCloudWatch({ alarms, ageOfOldest })],
    ]),
    query: new Map<string, QueryOperation>([
      ...createCloudFormation({ name: `usher-${STAGE}`, outputs, metadata }),
      ['GetCallerIdentity', () => ({ status: 200, body: CALLER })],
    ]),
    lambda: createLambdaApi([userRequested, requestExhausted]),
    write(functionName, line) {
      logs.write(groupOf(PREFIX + functionName), line);
      const entry = parseJson(line);
      if (isObject(entry)) notePause(entry, paused);
    },
  };
}

const groupOf = (functionName: string) => `/aws/lambda/${functionName}`;
const CALLER = { UserId: 'LOCAL', Account: accountId, Arn: `arn:aws:iam::${accountId}:user/local` };

function notePause({ message, provider, connection }: JsonObject, paused: Set<string>): void {
  const id = `${provider}/${connection}`;
  if (message === 'connection paused') paused.add(id);
  if (message === 'connection healed') paused.delete(id);
}
