import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  MessageNotInflight,
  QueueDoesNotExist,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Aws, type AwsOptions, startAws } from '../local/aws/aws.ts';
import { queueArn } from '../local/sqs/messages.ts';

const MIB = 1_048_576;
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const region = 'us-east-1';

let onCall: AwsOptions['onCall'];
let aws: Aws;
let sqs: SQSClient;
let secrets: SecretsManagerClient;
let queueUrl = '';
let queues = 0;

beforeAll(async () => {
  aws = await startAws({ visibilityScale: 1 / 30, onCall: (target, body) => onCall?.(target, body) });
  sqs = new SQSClient({ region, credentials, endpoint: aws.endpoint });
  secrets = new SecretsManagerClient({ region, credentials, endpoint: aws.endpoint });
});
afterAll(async () => {
  sqs.destroy();
  secrets.destroy();
  await aws.close();
});
beforeEach(async () => {
  queueUrl = await createQueue();
});
afterEach(() => {
  onCall = undefined;
  vi.useRealTimers();
});

async function createQueue(attributes: Record<string, string> = {}, suffix = ''): Promise<string> {
  queues += 1;
  const QueueName = `queue-${queues}${suffix}`;
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes: attributes }));
  return QueueUrl;
}

async function receive(url = queueUrl) {
  const { Messages: [message] = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: url,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    }),
  );
  return message;
}

const changeVisibility = (ReceiptHandle: string | undefined, VisibilityTimeout: number) =>
  sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl: queueUrl, ReceiptHandle, VisibilityTimeout }));

const send = (MessageBody: string, more = {}) =>
  sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody, ...more }));

describe('The local SQS', () => {
  const privateUse = Array.from({ length: 0x1000 }, (_, at) => String.fromCharCode(0xe000 + at)).join('');

  it.each([
    ['an emoji', 'a😀b'],
    ['every private-use character there was reason to confuse', privateUse],
    ['a digit that could be a token', '1'],
    ['the last code point', '\u{10FFFF}'],
    ['white space and a control-free text', ' \t\r\n"\\ '],
  ])('hands out %s as it was sent, with the right MD5', async (_, body) => {
    await send(body);
    await sqs.send(
      new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: [{ Id: 'x', MessageBody: body }] }),
    );
    expect((await receive())?.Body).toBe(body);
    expect((await receive())?.Body).toBe(body);
  });

  it('refuses a receipt handle that no receive has given, in a batch for that entry alone', async () => {
    await send('x');
    const { ReceiptHandle = '' } = (await receive()) ?? {};
    const wrong = { name: 'ReceiptHandleIsInvalid' };
    await expect(
      sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: 'garbage' })),
    ).rejects.toMatchObject(wrong);
    await expect(
      sqs.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: queueUrl,
          ReceiptHandle: 'garbage',
          VisibilityTimeout: 0,
        }),
      ),
    ).rejects.toMatchObject(wrong);
    const Entries = [
      { Id: 'right', ReceiptHandle },
      { Id: 'wrong', ReceiptHandle: 'garbage' },
    ];
    expect(await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }))).toMatchObject({
      Successful: [{ Id: 'right' }],
      Failed: [{ Id: 'wrong', Code: 'ReceiptHandleIsInvalid', SenderFault: true }],
    });
    // A handle of a message that is gone is one all the same.
    await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
  });

  it('keeps message attributes with emoji and bytes, and gives them only to who asks', async () => {
    const MessageAttributes = {
      name: { DataType: 'String', StringValue: 'Ada 😀' },
      raw: { DataType: 'Binary', BinaryValue: new Uint8Array([0, 255]) },
    };
    const { MD5OfMessageAttributes } = await send('x', { MessageAttributes });
    expect(await receive()).toMatchObject({ MessageAttributes, MD5OfMessageAttributes });
    await send('y', { MessageAttributes });
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queueUrl }));
    expect(Object.keys(Messages?.[0] ?? {}).sort()).toEqual([
      'Body',
      'MD5OfBody',
      'MessageId',
      'ReceiptHandle',
    ]);
  });

  it('keeps the message group of a standard queue and the trace header', async () => {
    const traceHeader = { DataType: 'String', StringValue: 'Root=1-2-3' };
    await send('x', { MessageGroupId: 'tenant', MessageSystemAttributes: { AWSTraceHeader: traceHeader } });
    const { Attributes } = (await receive()) ?? {};
    expect(Attributes).toMatchObject({
      MessageGroupId: 'tenant',
      AWSTraceHeader: 'Root=1-2-3',
      ApproximateReceiveCount: '1',
    });
    expect(Attributes).not.toHaveProperty('DeadLetterQueueSourceArn');
  });

  it('removes duplicates from a FIFO queue by content', async () => {
    queueUrl = await createQueue({ FifoQueue: 'true', ContentBasedDeduplication: 'true' }, '.fifo');
    const first = await send('😀', { MessageGroupId: 'g' });
    const second = await send('😀', { MessageGroupId: 'g' });
    const third = await send('😃', { MessageGroupId: 'g' });
    expect(second.MessageId).toBe(first.MessageId);
    expect(third.MessageId).not.toBe(first.MessageId);
  });

  it('refuses characters that SQS refuses', async () => {
    await expect(send('😀\u0000')).rejects.toMatchObject({ name: 'InvalidMessageContents' });
    const Entries = [
      { Id: 'bad', MessageBody: '\u0001' },
      { Id: 'good', MessageBody: '😀' },
    ];
    const answer = await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    expect(answer.Failed).toMatchObject([{ Id: 'bad', Code: 'InvalidMessageContents', SenderFault: true }]);
    expect(answer.Successful).toMatchObject([{ Id: 'good' }]);
  });

  it('takes 1 MiB, attributes included, and refuses one byte more', async () => {
    const MessageAttributes = { ab: { DataType: 'String', StringValue: 'cd' } };
    const body = `${'😀'.repeat((MIB - 12) / 4)}xx`;
    await send(body, { MessageAttributes });
    expect((await receive())?.Body).toBe(body);
    await expect(send(`${body}x`, { MessageAttributes })).rejects.toMatchObject({
      name: 'InvalidParameterValue',
    });
  });

  it('takes a batch of 1 MiB in all and refuses one byte more', async () => {
    const entries = (extra: string) =>
      ['a', 'b', 'c', 'd'].map((Id) => ({
        Id,
        MessageBody: '😀'.repeat(MIB / 16) + (Id === 'd' ? extra : ''),
      }));
    const sendBatch = (extra: string) =>
      sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries(extra) }));
    expect((await sendBatch('')).Successful).toHaveLength(4);
    await expect(sendBatch('x')).rejects.toMatchObject({ name: 'BatchRequestTooLong' });
  });

  it.each([
    [0, 0],
    [1, 1],
    [30, 1],
    [31, 2],
    [43_200, 1440],
  ])(
    'hides a message whose visibility is set to %i s for %i s at a scale of a thirtieth',
    async (asked, hidden) => {
      vi.useFakeTimers({ toFake: ['Date'] });
      const start = Date.now();
      await send('x');
      await changeVisibility((await receive())?.ReceiptHandle, asked);
      vi.setSystemTime(start + hidden * 1000 - 1);
      if (hidden > 0) expect(await receive()).toBeUndefined();
      vi.setSystemTime(start + hidden * 1000);
      expect((await receive())?.Attributes?.ApproximateReceiveCount).toBe('2');
    },
  );

  it('counts the 12 hours of visibility from the receive', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    await send('x');
    const { ReceiptHandle } = (await receive()) ?? {};
    vi.setSystemTime(Date.now() + 3600_000);
    await expect(changeVisibility(ReceiptHandle, 39_601)).rejects.toMatchObject({
      name: 'InvalidParameterValue',
    });
    await changeVisibility(ReceiptHandle, 39_600);
  });

  it('refuses a visibility outside 0 to 43,200 s, in a batch for each entry alone', async () => {
    await send('x');
    const { ReceiptHandle } = (await receive()) ?? {};
    const Entries = [-1, 43_201, 43_200].map((VisibilityTimeout, index) => ({
      Id: String(index),
      ReceiptHandle,
      VisibilityTimeout,
    }));
    const answer = await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries }));
    expect(answer.Failed?.map(({ Id, Code }) => [Id, Code])).toEqual([
      ['0', 'InvalidParameterValue'],
      ['1', 'InvalidParameterValue'],
    ]);
    expect(answer.Successful).toEqual([{ Id: '2' }]);
  });

  it('deletes a message whose visibility is over, but not for one who has received it before others', async () => {
    const receiveForNoTime = async () => {
      const command = new ReceiveMessageCommand({ QueueUrl: queueUrl, VisibilityTimeout: 0 });
      const { Messages: [{ Body, ReceiptHandle } = {}] = [] } = await sqs.send(command);
      return {
        body: Body,
        remove: () => sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle })),
      };
    };
    await send('one');
    await send('two');
    const early = await receiveForNoTime();
    const two = await receiveForNoTime();
    const one = await receiveForNoTime();
    await early.remove();
    await two.remove();
    const again = await receiveForNoTime();
    expect([early, two, one, again].map(({ body }) => body)).toEqual(['one', 'two', 'one', 'one']);
    await again.remove();
    expect((await receiveForNoTime()).body).toBeUndefined();
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }),
    );
    expect(Attributes).toMatchObject({
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesNotVisible: '0',
    });
  });

  it('names errors as SQS does', async () => {
    const nowhere = `${aws.endpoint}/000000000000/nowhere`;
    await expect(receive(nowhere)).rejects.toBeInstanceOf(QueueDoesNotExist);
    await send('x');
    const { ReceiptHandle } = (await receive()) ?? {};
    await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
    await expect(changeVisibility(ReceiptHandle, 1)).rejects.toBeInstanceOf(MessageNotInflight);
  });

  it('tells where a redriven message comes from and counts its receives over both queues', async () => {
    const target = await createQueue();
    const deadLetterTargetArn = queueArn(target.split('/').at(-1) ?? '');
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 2 });
    queueUrl = await createQueue({ RedrivePolicy, VisibilityTimeout: '0' });
    const { MessageId } = await send('😀');
    await receive();
    await receive();
    expect(await receive()).toBeUndefined();
    const DeadLetterQueueSourceArn = queueArn(queueUrl.split('/').at(-1) ?? '');
    expect(await receive(target)).toMatchObject({
      MessageId,
      Body: '😀',
      Attributes: { DeadLetterQueueSourceArn, ApproximateReceiveCount: '3' },
    });
  });

  it('moves what is not hidden from a dead-letter queue on, as new messages', async () => {
    const target = await createQueue();
    const arnOf = (url: string) => queueArn(url.split('/').at(-1) ?? '');
    const move = () =>
      sqs.send(
        new StartMessageMoveTaskCommand({ SourceArn: arnOf(queueUrl), DestinationArn: arnOf(target) }),
      );
    await expect(move()).rejects.toMatchObject({ name: 'InvalidParameterValue' });

    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arnOf(queueUrl), maxReceiveCount: 1 });
    await createQueue({ RedrivePolicy });
    const MessageAttributes = { code: { DataType: 'String', StringValue: '🦊' } };
    const bodies = Array.from({ length: 12 }, (_, index) => `body 🦊 ${index}`);
    for (const MessageBody of ['hidden', ...bodies]) {
      await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody, MessageAttributes }));
      if (MessageBody === 'hidden') await sqs.send(new ReceiveMessageCommand({ QueueUrl: queueUrl }));
    }
    expect(await move()).toMatchObject({ TaskHandle: expect.any(String) });

    const moved = await vi.waitFor(async () => {
      const answers = await Promise.all(
        [1, 2].map(() =>
          sqs.send(
            new ReceiveMessageCommand({
              QueueUrl: target,
              MaxNumberOfMessages: 10,
              MessageAttributeNames: ['All'],
              MessageSystemAttributeNames: ['ApproximateReceiveCount'],
            }),
          ),
        ),
      );
      return answers.flatMap(({ Messages = [] }) => Messages);
    });
    expect(moved.map(({ Body }) => Body).toSorted()).toEqual(bodies.toSorted());
    expect(moved[0]).toMatchObject({ MessageAttributes, Attributes: { ApproximateReceiveCount: '1' } });
  });

  it('answers a long poll where its reader is about to stop', async () => {
    let isAnswered = false;
    const command = new ReceiveMessageCommand({ QueueUrl: queueUrl, WaitTimeSeconds: 20 });
    const polling = sqs.send(command).finally(() => {
      isAnswered = true;
    });
    const end = () => {
      aws.endPolls();
      return isAnswered;
    };
    await vi.waitUntil(end, { timeout: 15_000 });
    expect((await polling).Messages).toBeUndefined();
  });

  it('hands out queue URLs that lead a client without an endpoint to itself', async () => {
    const QueueName = queueUrl.split('/').at(-1);
    expect(queueUrl).toBe(`${aws.endpoint}/000000000000/${QueueName}`);
    expect((await sqs.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl).toBe(queueUrl);
    const { QueueUrls } = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: QueueName }));
    expect(QueueUrls).toContain(queueUrl);
    const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
    const client = new SQSClient({ region, credentials, logger });
    await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: 'found' }));
    client.destroy();
    expect((await receive())?.Body).toBe('found');
  });
});

describe('The local Secrets Manager', () => {
  it('keeps secrets through creation, rotation and description', async () => {
    const SecretId = 'usher/fireworks/created';
    await secrets.send(new CreateSecretCommand({ Name: SecretId, SecretString: 'old' }));
    const { ARN } = await secrets.send(new PutSecretValueCommand({ SecretId, SecretString: 'new' }));
    const read = (more = {}) => secrets.send(new GetSecretValueCommand({ SecretId: ARN, ...more }));
    const current = await read();
    expect(current).toMatchObject({ Name: SecretId, SecretString: 'new', VersionStages: ['AWSCURRENT'] });
    expect(Math.abs(Date.now() - Number(current.CreatedDate))).toBeLessThan(60_000);
    expect((await read({ VersionStage: 'AWSPREVIOUS' })).SecretString).toBe('old');
    expect((await read({ VersionId: current.VersionId })).SecretString).toBe('new');
    const { VersionIdsToStages } = await secrets.send(new DescribeSecretCommand({ SecretId }));
    expect(Object.values(VersionIdsToStages ?? {})).toEqual([['AWSCURRENT'], ['AWSPREVIOUS']]);
  });

  it('answers for what was set from outside, without the wire, and counts the calls', async () => {
    const read = () => secrets.send(new GetSecretValueCommand({ SecretId: 'usher/vectara/default' }));
    const before = aws.secretsManager.calls('GetSecretValue');
    aws.secretsManager.set('usher/vectara/default', '1');
    expect((await read()).SecretString).toBe('1');
    aws.secretsManager.set('usher/vectara/default', '2');
    expect((await read()).SecretString).toBe('2');
    expect(aws.secretsManager.calls('GetSecretValue') - before).toBe(2);
  });

  it('says that a secret is missing or exists already', async () => {
    const missing = secrets.send(new GetSecretValueCommand({ SecretId: 'nothing' }));
    await expect(missing).rejects.toBeInstanceOf(ResourceNotFoundException);
    aws.secretsManager.set('twice', 'x');
    const again = secrets.send(new CreateSecretCommand({ Name: 'twice', SecretString: 'y' }));
    await expect(again).rejects.toBeInstanceOf(ResourceExistsException);
  });
});

describe('An injected fault', () => {
  /** Lets the first call of an operation go wrong and counts them all. */
  function failOnce(operation: string, fault: NonNullable<ReturnType<NonNullable<AwsOptions['onCall']>>>) {
    const calls: unknown[] = [];
    onCall = (target, body) => {
      if (!target.endsWith(`.${operation}`)) return undefined;
      return calls.push(body) === 1 ? fault : undefined;
    };
    return calls;
  }

  async function visibleMessages() {
    const AttributeNames = ['ApproximateNumberOfMessages' as const];
    const answer = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames }));
    return Number(answer.Attributes?.ApproximateNumberOfMessages);
  }

  it('refuses a call, which then has done nothing', async () => {
    failOnce('SendMessage', { kind: 'error', name: 'AccessDenied', status: 403 });
    await expect(send('x')).rejects.toMatchObject({ name: 'AccessDenied' });
    expect(await visibleMessages()).toBe(0);
  });

  it.each([{ name: 'InternalFailure', status: 500 }, { name: 'ThrottlingException' }])(
    'of the kind $name is retried by the SDK',
    async (error) => {
      const calls = failOnce('GetSecretValue', { kind: 'error', ...error });
      aws.secretsManager.set('retried', 'value');
      await secrets.send(new GetSecretValueCommand({ SecretId: 'retried' }));
      expect(calls).toHaveLength(2);
    },
  );

  it.each([
    ['before', 1],
    ['after', 2],
  ] as const)('cuts the connection %s the call is carried out', async (when, messages) => {
    failOnce('SendMessage', { kind: 'drop', when });
    await send('x');
    expect(await visibleMessages()).toBe(messages);
  });

  it('puts entries of a batch into its Failed list and carries out the others', async () => {
    failOnce('SendMessageBatch', { kind: 'fail-entries', ids: ['b'] });
    const Entries = ['a', 'b'].map((Id) => ({ Id, MessageBody: Id }));
    const command = new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries });
    const answer = await sqs.send(command);
    expect(answer.Failed).toMatchObject([{ Id: 'b', SenderFault: false }]);
    expect(answer.Successful).toMatchObject([{ Id: 'a' }]);
    expect((await receive())?.Body).toBe('a');
    expect(await receive()).toBeUndefined();
  });
});
