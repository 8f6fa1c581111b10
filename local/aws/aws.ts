import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { isObject, type JsonObject, parseJson } from '../../lib/json.ts';
import type { LocalDeployment } from '../deployment/deployment.ts';
import { serveHttp } from '../http-server.ts';
import { createSqs } from '../sqs/sqs.ts';
import { carryOut, type Fault } from './faults.ts';
import { type QueryOperation, toXml } from './query-protocol.ts';
import { createSecretsManager, type SecretsManager } from './secrets-manager.ts';
import { type Answer, refusal, type Service } from './service.ts';

export interface AwsOptions {
  /** A free one by default. */
  port?: number;
  /** The visibility timeouts that consumers ask for are multiplied by this, so that retries of minutes end within seconds. */
  visibilityScale?: number;
  /** Sees every call, `AmazonSQS.SendMessage` say, before it is carried out, and may make it fail or wait. */
  onCall?: (target: string, body: JsonObject) => Fault | undefined | Promise<Fault | undefined>;
}

export interface Aws {
  /** The origin that answers for all services; queue URLs lead to it too. */
  readonly endpoint: string;
  readonly secretsManager: SecretsManager;
  /** For how many seconds the oldest message of a queue has been there; 0 where there is none. */
  ageOfOldest(queueName: string): number;
  /** Answers for a deployment from now on: its stack, functions, logs and alarms. */
  serve(deployment: LocalDeployment): void;
  /** Answers all long polls of SQS, for readers that are about to stop. */
  endPolls(): void;
  close(): Promise<void>;
}

/**
 * Starts SQS and Secrets Manager behind one endpoint on the loopback, and what there is to a deployment beside them;
 * credentials are not looked at.
 */
export async function startAws({ visibilityScale = 1, port = 0, onCall }: AwsOptions = {}): Promise<Aws> {
  const secretsManager = createSecretsManager();
  const sqs = createSqs(visibilityScale);
  const services = new Map<string, Service>([
    ['AmazonSQS', sqs.call],
    ['secretsmanager', secretsManager.call],
  ]);

  let deployment: LocalDeployment | undefined;

  const answerJson = async (request: IncomingMessage, target: string): Promise<Answer | 'dropped'> => {
    const [prefix = '', operation = ''] = target.split('.');
    const body = parseJson(await text(request));
    const service = services.get(prefix) ?? deployment?.json.get(prefix);
    if (service === undefined) return refusal('UnknownOperationException', `no service for ${target}`);
    if (!isObject(body)) return refusal('SerializationException', 'the body is not a JSON object');
    const call = (changed: JsonObject) => service(operation, changed, `http://${request.headers.host}`);
    return carryOut(call, body, await onCall?.(target, body));
  };
  const answerQuery = async (request: IncomingMessage, response: ServerResponse) => {
    const fields = new URLSearchParams(await text(request));
    const operation = fields.get('Action') ?? '';
    const call = deployment?.query.get(operation) ?? unknownOperation;
    const answer = await carryOut(async () => call(fields), {}, await onCall?.(operation, {}));
    if (answer === 'dropped') response.destroy();
    else response.writeHead(answer.status, { 'content-type': 'text/xml' }).end(toXml(operation, answer));
  };
  const answerRest = async (request: IncomingMessage): Promise<Answer | 'dropped'> => {
    const { method = '', url = '' } = request;
    const call = { method, url: new URL(url, 'http://local'), body: parseJson(await text(request)) };
    const target = `${method} ${call.url.pathname}`;
    const unknown = refusal('UnknownOperationException', `${target} is not known here.`, 404);
    return carryOut(async () => deployment?.lambda(call) ?? unknown, {}, await onCall?.(target, {}));
  };

  const server = await serveHttp(
    async (request, response) => {
      const target = request.headers['x-amz-target'];
      if (target !== undefined) return respond(response, await answerJson(request, String(target)));
      if (request.url !== '/') return respond(response, await answerRest(request));
      return answerQuery(request, response);
    },
    { port },
  );
  return {
    endpoint: `http://${server.host}`,
    secretsManager,
    ageOfOldest: sqs.ageOfOldest,
    serve(given) {
      deployment = given;
    },
    endPolls: sqs.endPolls,
    async close() {
      await sqs.close();
      await server.close();
    },
  };
}

const unknownOperation: QueryOperation = (fields) =>
  refusal('InvalidAction', `${fields.get('Action')} is not known here.`);

function respond(response: ServerResponse, answer: Answer | 'dropped'): void {
  if (answer === 'dropped') {
    response.destroy();
    return;
  }
  const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': randomUUID() };
  response
    .writeHead(answer.status, headers)
    .end(answer.body === undefined ? '' : JSON.stringify(answer.body));
}
