import { randomUUID } from 'node:crypto';
import { isObject, type JsonObject } from '../../lib/json.ts';
import { type Answer, accountId, refusal, region, type Service } from './service.ts';

export interface SecretsManager {
  readonly call: Service;
  /** Creates the secret or gives it a new current version. */
  set(name: string, secretString: string): void;
  /** Forgets it at once, without a window in which it could come back. */
  remove(name: string): void;
  /** How many calls of an operation, `GetSecretValue` say, have arrived. */
  calls(operation: string): number;
}

interface Version {
  readonly id: string;
  readonly content: { readonly SecretString?: unknown; readonly SecretBinary?: unknown };
  readonly createdAt: number;
}

interface Secret {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  /** The current version first, then the previous one. */
  versions: Version[];
}

const stages = ['AWSCURRENT', 'AWSPREVIOUS'];

/** Secrets Manager in memory: the operations with which secrets are made, read and rotated. */
export function createSecretsManager(): SecretsManager {
  const secrets: Secret[] = [];
  const counts = new Map<string, number>();
  const find = (id: unknown) => secrets.find(({ name, arn }) => id === name || id === arn);

  const create = (name: string, version: Version) => {
    const arn = `arn:aws:secretsmanager:${region}:${accountId}:secret:${name}-${randomUUID().slice(0, 6)}`;
    const secret: Secret = { name, arn, createdAt: version.createdAt, versions: [version] };
    secrets.push(secret);
    return secret;
  };

  const operations = new Map<string, (body: JsonObject) => Answer>([
    ['CreateSecret', ({ Name, ...body }) => createSecret(Name, body)],
    ['PutSecretValue', (body) => withSecret(body, (secret) => putValue(secret, newVersion(body)))],
    ['GetSecretValue', (body) => withSecret(body, (secret) => getValue(secret, body))],
    ['DescribeSecret', (body) => withSecret(body, (secret) => ok(describe(secret)))],
    ['ListSecrets', list],
  ]);

  function createSecret(name: unknown, body: JsonObject): Answer {
    if (typeof name !== 'string' || name === '') return refusal('ValidationException', 'Name is missing.');
    if (find(name))
      return refusal('ResourceExistsException', `A secret with the name ${name} exists already.`);
    const version = newVersion(body);
    const { arn } = create(name, version);
    return ok({ ARN: arn, Name: name, VersionId: version.id });
  }

  function withSecret({ SecretId }: JsonObject, then: (secret: Secret) => Answer): Answer {
    const secret = find(SecretId);
    if (secret) return then(secret);
    return refusal('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  }

  /** All in one page; of the filters, names by their beginning. */
  function list({ Filters = [] }: JsonObject): Answer {
    const prefixes = Array.isArray(Filters)
      ? Filters.filter(isObject).flatMap(({ Key, Values }) => (Key === 'name' ? [Values].flat() : []))
      : [];
    const asked = secrets.filter(({ name }) => prefixes.every((prefix) => name.startsWith(String(prefix))));
    return ok({ SecretList: asked.map(describe) });
  }

  return {
    async call(operation, body) {
      counts.set(operation, (counts.get(operation) ?? 0) + 1);
      const answer = operations.get(operation);
      return answer?.(body) ?? refusal('UnknownOperationException', `${operation} is not known here.`);
    },
    set(name, secretString) {
      const secret = find(name);
      const version = newVersion({ SecretString: secretString });
      if (secret) putValue(secret, version);
      else create(name, version);
    },
    remove(name) {
      const at = secrets.findIndex((secret) => secret.name === name);
      if (at >= 0) secrets.splice(at, 1);
    },
    calls: (operation) => counts.get(operation) ?? 0,
  };
}

function newVersion({ SecretString, SecretBinary, ClientRequestToken }: JsonObject): Version {
  const id = typeof ClientRequestToken === 'string' ? ClientRequestToken : randomUUID();
  return { id, content: { SecretString, SecretBinary }, createdAt: epochSeconds() };
}

function putValue(secret: Secret, version: Version): Answer {
  secret.versions = [version, ...secret.versions].slice(0, stages.length);
  return ok({ ARN: secret.arn, Name: secret.name, VersionId: version.id, VersionStages: ['AWSCURRENT'] });
}

function getValue({ arn, name, versions }: Secret, { VersionId, VersionStage }: JsonObject): Answer {
  const index = versions.findIndex(({ id }, at) =>
    VersionId ? id === VersionId : stages[at] === (VersionStage ?? 'AWSCURRENT'),
  );
  const version = versions[index];
  if (!version) {
    return refusal('ResourceNotFoundException', "Secrets Manager can't find the specified secret value.");
  }
  const { id, content, createdAt } = version;
  const VersionStages = [stages[index]];
  return ok({ ARN: arn, Name: name, VersionId: id, ...content, VersionStages, CreatedDate: createdAt });
}

function describe({ arn, name, createdAt, versions }: Secret): JsonObject {
  const VersionIdsToStages = Object.fromEntries(versions.map(({ id }, at) => [id, [stages[at]]]));
  const LastChangedDate = versions[0]?.createdAt;
  return { ARN: arn, Name: name, CreatedDate: createdAt, LastChangedDate, VersionIdsToStages };
}

const ok = (body: JsonObject): Answer => ({ status: 200, body });

// Dates are epoch seconds on the wire; milliseconds would be some year 58860.
const epochSeconds = () => Date.now() / 1000;
