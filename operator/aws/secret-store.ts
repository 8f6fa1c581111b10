import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  paginateListSecrets,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';

/** Secrets Manager, as far as an operator needs it. */
export interface SecretStore extends Disposable {
  readonly client: SecretsManagerClient;
  /** The names that begin so. */
  list(prefix: string): Promise<string[]>;
  /** Fails where there is none, or it is not to be read. */
  read(name: string): Promise<string | undefined>;
  /** Gives it a new value, and makes it where there was none. */
  write(name: string, content: string): Promise<'created' | 'changed'>;
}

export function openSecretStore(region: string): SecretStore {
  const client = new SecretsManagerClient({ region });
  return {
    client,
    async list(prefix) {
      const names: string[] = [];
      const input = { Filters: [{ Key: 'name' as const, Values: [prefix] }] };
      for await (const { SecretList = [] } of paginateListSecrets({ client }, input)) {
        // The filter looks for words that begin so.
        names.push(...SecretList.flatMap(({ Name = '' }) => (Name.startsWith(prefix) ? [Name] : [])));
      }
      return names.sort();
    },
    async read(name) {
      const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: name }));
      return SecretString;
    },
    async write(name, content) {
      try {
        await client.send(new PutSecretValueCommand({ SecretId: name, SecretString: content }));
        return 'changed';
      } catch (error) {
        if (!(error instanceof Error) || error.name !== 'ResourceNotFoundException') throw error;
        await client.send(new CreateSecretCommand({ Name: name, SecretString: content }));
        return 'created';
      }
    },
    [Symbol.dispose]: () => client.destroy(),
  };
}
