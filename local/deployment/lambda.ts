import { isObject } from '../../lib/json.ts';
import { type Answer, accountId, refusal, region } from '../aws/service.ts';

/** A function as the Lambda API shows it, with the mapping that lets it read its queue. */
export interface DeployedFunction {
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly queueArn: string;
  readonly trigger: {
    state(): 'Enabled' | 'Disabling' | 'Disabled';
    setEnabled(isEnabled: boolean): void;
  };
}

export interface RestCall {
  readonly method: string;
  readonly url: URL;
  readonly body: unknown;
}

type Operation = (call: RestCall, id: string) => Answer;

/** Lambda's API, as far as functions and event source mappings are looked at, stopped and started. */
export function createLambdaApi(functions: readonly DeployedFunction[]): (call: RestCall) => Answer {
  const tags = new Map<string, Map<string, string>>();
  const mappings = functions.map((each) => ({ ...each, uuid: `local-${each.name}` }));
  const shown = ({ uuid, name, queueArn, trigger }: (typeof mappings)[number]) => ({
    UUID: uuid,
    EventSourceArn: queueArn,
    EventSourceMappingArn: mappingArn(uuid),
    FunctionArn: `arn:aws:lambda:${region}:${accountId}:function:${name}`,
    State: trigger.state(),
    StateTransitionReason: 'USER_INITIATED',
  });
  const found = <T>(entry: T | undefined, answer: (entry: T) => unknown): Answer =>
    entry === undefined
      ? refusal('ResourceNotFoundException', 'The resource you requested does not exist.', 404)
      : { status: 200, body: answer(entry) };

  const list: Operation = ({ url: { searchParams } }) => {
    const [arn, name] = [searchParams.get('EventSourceArn'), searchParams.get('FunctionName')];
    const asked = mappings.filter(
      (each) => (arn ?? each.queueArn) === each.queueArn && (name ?? each.name) === each.name,
    );
    return { status: 200, body: { EventSourceMappings: asked.map(shown) } };
  };
  const update: Operation = ({ body }, id) =>
    found(
      mappings.find(({ uuid }) => uuid === id),
      (mapping) => {
        if (isObject(body) && typeof body.Enabled === 'boolean') mapping.trigger.setEnabled(body.Enabled);
        return shown(mapping);
      },
    );
  const get: Operation = (_, id) =>
    found(
      mappings.find(({ uuid }) => uuid === id),
      shown,
    );
  const configuration: Operation = (_, id) =>
    found(
      functions.find(({ name }) => name === id),
      ({ name, environment }) => ({ FunctionName: name, Environment: { Variables: environment } }),
    );
  const tagsOf = (arn: string) => tags.get(arn) ?? new Map<string, string>();
  const listTags: Operation = (_, arn) => ({ status: 200, body: { Tags: Object.fromEntries(tagsOf(arn)) } });
  const tag: Operation = ({ body }, arn) => {
    const given = isObject(body) && isObject(body.Tags) ? Object.entries(body.Tags) : [];
    tags.set(arn, new Map([...tagsOf(arn), ...given.map(([key, value]) => [key, String(value)] as const)]));
    return { status: 204, body: undefined };
  };
  const untag: Operation = ({ url }, arn) => {
    const left = new Map(tagsOf(arn));
    for (const key of url.searchParams.getAll('tagKeys')) left.delete(key);
    tags.set(arn, left);
    return { status: 204, body: undefined };
  };

  const routes: readonly (readonly [string, RegExp, Operation])[] = [
    ['GET', /^\/2015-03-31\/event-source-mappings\/?$/, list],
    ['GET', /^\/2015-03-31\/event-source-mappings\/([^/]+)$/, get],
    ['PUT', /^\/2015-03-31\/event-source-mappings\/([^/]+)$/, update],
    ['GET', /^\/2015-03-31\/functions\/([^/]+)\/configuration$/, configuration],
    ['GET', /^\/2017-03-31\/tags\/(.+)$/, listTags],
    ['POST', /^\/2017-03-31\/tags\/(.+)$/, tag],
    ['DELETE', /^\/2017-03-31\/tags\/(.+)$/, untag],
  ];
  return (call) => {
    for (const [method, path, operation] of routes) {
      const match = path.exec(call.url.pathname);
      if (match && call.method === method) return operation(call, decodeURIComponent(match[1] ?? ''));
    }
    return refusal(
      'UnknownOperationException',
      `${call.method} ${call.url.pathname} is not known here.`,
      404,
    );
  };
}

const mappingArn = (uuid: string) => `arn:aws:lambda:${region}:${accountId}:event-source-mapping:${uuid}`;
