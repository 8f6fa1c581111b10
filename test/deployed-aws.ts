import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { serveHttp } from '../local/http-server.ts';

/** A stage as the stand-in tells of it. */
export interface Deployed {
  /** Undefined: it does not tell what it was deployed with. */
  readonly deployedWith: object | undefined;
  /** CloudFormation's word for it; `UPDATE_COMPLETE` by default. */
  readonly status?: string;
  /** What was deployed before and is kept, by the number of its time. */
  readonly kept?: Readonly<Record<string, object>>;
  readonly isProtected?: boolean;
  readonly isStopped?: boolean;
  /** The ends of the names of queues that are gone. */
  readonly gone?: readonly string[];
  /** Messages that can be received, by the end of the queue's name. */
  readonly messages?: Readonly<Record<string, number>>;
}

/** As much of STS, CloudFormation, Lambda and SQS as the commands for a deployment ask before they do anything. */
export async function startDeployedAws() {
  const asked: string[] = [];
  const stage: { deployed: Deployed | undefined; refusal: string | undefined } = {
    deployed: undefined,
    refusal: undefined,
  };
  const { host, close } = await serveHttp(async (request, response) => {
    const body = await text(request);
    const answer = stage.refusal ? refused(stage.refusal) : answerTo(request, body, stage.deployed, asked);
    response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.body);
  });
  return {
    endpoint: `http://${host}`,
    /** The operations that were asked for, in order. */
    asked,
    /** What is deployed; nothing at first. */
    deploy(deployed: Deployed | undefined) {
      stage.deployed = deployed;
    },
    /** Every call is refused with this error from now on; with undefined no more. */
    refuse(error: string | undefined) {
      stage.refusal = error;
    },
    [Symbol.asyncDispose]: close,
  };
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const xml = (body: string, status = 200): Answer => ({ status, type: 'text/xml', body });
const json = (body: object): Answer => ({
  status: 200,
  type: 'application/json',
  body: JSON.stringify(body),
});

function answerTo(
  request: IncomingMessage,
  body: string,
  deployed: Deployed | undefined,
  asked: string[],
): Answer {
  const note = (operation: string) => {
    asked.push(operation);
    return operation;
  };
  if (request.url?.startsWith('/2015-03-31/event-source-mappings')) {
    note('ListEventSourceMappings');
    return json({ EventSourceMappings: [{ State: deployed?.isStopped ? 'Disabled' : 'Enabled' }] });
  }
  if (request.method === 'GET') return keptIn(request.url ?? '', deployed, note);
  const target = request.headers['x-amz-target'];
  if (target !== undefined) {
    note(String(target).replace(/^.*\./, ''));
    const { QueueUrl = '' } = JSON.parse(body);
    const [name = ''] = /(?<=usher-prod-).+$/.exec(QueueUrl) ?? [];
    if (deployed?.gone?.includes(name)) return noSuchQueue;
    return json({ Attributes: { ApproximateNumberOfMessages: String(deployed?.messages?.[name] ?? 0) } });
  }
  switch (note(new URLSearchParams(body).get('Action') ?? '')) {
    case 'GetCallerIdentity':
      return xml(
        '<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111122223333</Account>' +
          '<Arn>arn:aws:iam::111122223333:user/ada</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>',
      );
    case 'DescribeStacks':
      return deployed === undefined ? noSuchStack : xml(described(deployed));
    case 'DescribeStackResource':
      return xml(
        '<DescribeStackResourceResponse><DescribeStackResourceResult><StackResourceDetail>' +
          '<PhysicalResourceId>code</PhysicalResourceId></StackResourceDetail></DescribeStackResourceResult></DescribeStackResourceResponse>',
      );
    case 'GetTemplate':
      return xml(
        `<GetTemplateResponse><GetTemplateResult><TemplateBody>${escaped(templateOf(deployed))}</TemplateBody></GetTemplateResult></GetTemplateResponse>`,
      );
    default:
      return xml(
        '<ErrorResponse><Error><Code>Unexpected</Code><Message>not here</Message></Error></ErrorResponse>',
        400,
      );
  }
}

const refused = (error: string) =>
  xml(
    `<ErrorResponse><Error><Type>Sender</Type><Code>${error}</Code><Message>no</Message></Error></ErrorResponse>`,
    403,
  );

const noSuchStack = xml(
  '<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code>' +
    '<Message>Stack with id usher-prod does not exist</Message></Error></ErrorResponse>',
  400,
);

/** The bucket with what was deployed before: a list of its objects, or one of them. */
function keptIn(url: string, deployed: Deployed | undefined, note: (operation: string) => string): Answer {
  const kept = Object.entries(deployed?.kept ?? {});
  const keyOf = (timestamp: string) =>
    `serverless/usher/prod/${timestamp}-${new Date(Number(timestamp)).toISOString()}/compiled-cloudformation-template.json`;
  if (url.includes('list-type=2')) {
    note('ListObjectsV2');
    const objects = kept.map(([timestamp]) => `<Contents><Key>${keyOf(timestamp)}</Key></Contents>`);
    return xml(`<ListBucketResult>${objects.join('')}</ListBucketResult>`);
  }
  note('GetObject');
  const found = kept.find(([timestamp]) => url.includes(`/${timestamp}-`));
  return json({ Metadata: { Usher: found?.[1] } });
}

const noSuchQueue: Answer = {
  ...json({ __type: 'com.amazonaws.sqs#QueueDoesNotExist', message: 'The specified queue does not exist.' }),
  status: 400,
};

function described({ isProtected = false, status = 'UPDATE_COMPLETE' }: Deployed): string {
  const outputs = {
    RequestsQueueUrl: 'requests',
    RequestsExhaustedQueueUrl: 'requests-exhausted',
    CompletionsQueueUrl: 'completions',
    DeadLettersQueueUrl: 'dead-letters',
  };
  const members = Object.entries(outputs).map(
    ([name, queue]) =>
      `<member><OutputKey>${name}</OutputKey><OutputValue>https://sqs.example/111122223333/usher-prod-${queue}</OutputValue></member>`,
  );
  members.push(
    '<member><OutputKey>RequestsQueueArn</OutputKey><OutputValue>arn:aws:sqs:eu-central-1:111122223333:usher-prod-requests</OutputValue></member>',
  );
  return `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>usher-prod</StackName><StackStatus>${status}</StackStatus><EnableTerminationProtection>${isProtected}</EnableTerminationProtection><Outputs>${members.join('')}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;
}

function templateOf(deployed: Deployed | undefined): string {
  return JSON.stringify({ Metadata: { Usher: deployed?.deployedWith } });
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
