import { stringify } from 'yaml';
import * as z from 'zod';
import { readSettings } from '../../deployment/settings.ts';
import { queues } from '../../deployment/template/queues.ts';
import manifest from '../../package.json' with { type: 'json' };
import { schemaFiles } from './schemas.ts';

const STAGE = 'prod';

const deployedQueue = z.object({
  Properties: z.object({
    QueueName: z.string(),
    VisibilityTimeout: z.number(),
    MessageRetentionPeriod: z.number(),
    ReceiveMessageWaitTimeSeconds: z.number(),
    RedrivePolicy: z
      .object({
        deadLetterTargetArn: z.object({ 'Fn::GetAtt': z.array(z.string()) }),
        maxReceiveCount: z.number(),
      })
      .optional(),
  }),
});

/** The file `schemas/asyncapi.yaml`. */
export function asyncApiText(): string {
  return `# Made by npm run schemas. Do not edit.\n${stringify(asyncApi(), { aliasDuplicateObjects: false, lineWidth: 110 })}`;
}

/** What goes through which queue, as AsyncAPI 3.1 with SQS bindings; the queues as they are deployed by default. */
export function asyncApi() {
  const { settings } = readSettings(STAGE, {});
  const deployed = queues({ stage: STAGE, settings, given: [], version: manifest.version });
  const propertiesOf = (id: string) => deployedQueue.parse(deployed[id]).Properties;
  const channel = (id: string, description: string, messages: readonly string[]) => {
    const queue = propertiesOf(id);
    const { RedrivePolicy: redrive } = queue;
    return {
      address: queue.QueueName,
      description,
      messages: Object.fromEntries(messages.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
      bindings: {
        sqs: {
          bindingVersion: '0.2.0',
          queue: {
            name: queue.QueueName,
            fifoQueue: false,
            visibilityTimeout: queue.VisibilityTimeout,
            receiveMessageWaitTime: queue.ReceiveMessageWaitTimeSeconds,
            messageRetentionPeriod: queue.MessageRetentionPeriod,
            ...(redrive && {
              redrivePolicy: {
                deadLetterQueue: {
                  name: propertiesOf(redrive.deadLetterTargetArn['Fn::GetAtt'][0] ?? '').QueueName,
                },
                maxReceiveCount: redrive.maxReceiveCount,
              },
            }),
          },
        },
      },
    };
  };
  const answers = ['userCompleted', 'userDeadLettered'];
  return {
    asyncapi: '3.1.0',
    info: {
      title: 'Usher',
      version: manifest.version,
      description: `Signup events in, provisioned users out, and one answer for every request. Queues as the stage ${STAGE} has them by default.`,
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    servers: {
      sqs: {
        host: 'sqs.{region}.amazonaws.com',
        protocol: 'sqs',
        description: 'SQS in the region of the deployment; queue URLs are outputs of its stack.',
        variables: { region: { default: 'eu-central-1', description: 'Where it is deployed' } },
        security: [
          { type: 'userPassword', description: 'Signature version 4, by the policies of the stack.' },
        ],
      },
    },
    channels: {
      requests: channel('RequestsQueue', 'Where producers send requests.', ['userRequested']),
      completions: channel('CompletionsQueue', 'Where the product reads every answer.', answers),
      deadLetters: channel('DeadLettersQueue', 'Where operators read dead letters.', ['userDeadLettered']),
    },
    operations: {
      takeRequest: {
        action: 'receive',
        channel: { $ref: '#/channels/requests' },
        summary: 'Usher takes a request and makes sure that its user exists, once.',
      },
      answer: {
        action: 'send',
        channel: { $ref: '#/channels/completions' },
        summary: 'Usher answers every request, at least once under the same id.',
      },
      setAside: {
        action: 'send',
        channel: { $ref: '#/channels/deadLetters' },
        summary: 'Usher sets aside what a person has to look at.',
      },
    },
    components: {
      messages: {
        userRequested: message('user.requested.v1', 'A request for a user'),
        userCompleted: message('user.completed.v1', 'The user exists'),
        userDeadLettered: message('user.dead_lettered.v1', 'The request ended without its user'),
      },
    },
  };
}

function message(type: string, title: string) {
  const { $schema, examples = [], ...payload } = schemaFiles().get(`${type}.json`) ?? {};
  return {
    name: type,
    title,
    contentType: 'application/cloudevents+json',
    payload,
    ...(Array.isArray(examples) &&
      examples.length > 0 && { examples: examples.map((each) => ({ payload: each })) }),
  };
}
