import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { isObject, type JsonObject, parseJson } from '../../lib/json.ts';
import { serveHttp } from '../http-server.ts';
import { createSqs } from '../sqs/sqs.ts';
import { carryOut, type Fault } from './faults.ts';
import { createSecretsManager, type SecretsManager } from './secrets-manager.ts';
import { type Answer, refusal, type Service } from './service.ts';

export interface AwsOptions {
  /** The visibility timeouts that consumers ask for are multiplied by this, so that retries of minutes end within seconds. */
  visibilityScale?: number;
  /** Sees every call, `AmazonSQS.SendMessage` say, before it is carried out, and may make it fail or wait. */
  onCall?: (target: string, body: JsonObject) => Fault | undefined | Promise<Fault | undefined>;
}

export interface Aws {
  /** The origin that answers for both services; queue URLs lead to it too. */
  readonly endpoint: string;
  readonly secretsManager: SecretsManager;
  /** Answers all long polls of SQS, for readers that are about to stop. */
  endPolls(): void;
  close(): Promise<void>;
}

/** Starts SQS and Secrets Manager behind one endpoint on the loopback, with AWS's JSON protocol; credentials are not looked at. */
export async function startAws({ visibilityScale = 1, onCall }: AwsOptions = {}): Promise<Aws> {
  const secretsManager = createSecretsManager();
  const sqs = createSqs(visibilityScale);
  const services = new Map<string, Service>([
    ['AmazonSQS', sqs.call],
    ['secretsmanager', secretsManager.call],
  ]);

  const answer = async (request: IncomingMessage): Promise<Answer | 'dropped'> => {
    const target = String(request.headers['x-amz-target']);
    const [prefix = '', operation = ''] = target.split('.');
    const body = parseJson(await text(request));
    const service = services.get(prefix);
    if (service === undefined) return refusal('UnknownOperationException', `no service for ${target}`);
    if (!isObject(body)) return refusal('SerializationException', 'the body is not a JSON object');
    const call = (changed: JsonObject) => service(operation, changed, `http://${request.headers.host}`);
    return carryOut(call, body, await onCall?.(target, body));
  };

  const server = await serveHttp(async (request, response) => respond(response, await answer(request)));
  return {
    endpoint: `http://${server.host}`,
    secretsManager,
    endPolls: sqs.endPolls,
    async close() {
      await sqs.close();
      await server.close();
    },
  };
}

function respond(response: ServerResponse, answer: Answer | 'dropped'): void {
  if (answer === 'dropped') {
    response.destroy();
    return;
  }
  const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': randomUUID() };
  response.writeHead(answer.status, headers).end(JSON.stringify(answer.body));
}
