/** A failed call of AWS in one sentence that says what to do; undefined for what is no such failure. */
export function wordsForAwsError(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { name, message } = error;
  if (name === 'CredentialsProviderError')
    return 'There are no AWS credentials: log in (aws sso login, aws configure), or set AWS_PROFILE.';
  if (EXPIRED.has(name)) return `The AWS credentials are not valid any more (${name}): log in again.`;
  if ('code' in error && NETWORK.has(String(error.code)))
    return `AWS cannot be reached (${error.code}): see whether region, proxy and AWS_ENDPOINT_URL are right.`;
  return '$metadata' in error ? `AWS refuses: ${message} (${name})` : undefined;
}

const EXPIRED = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'TokenRefreshRequired',
]);
const NETWORK = new Set(['ECONNREFUSED', 'ENOTFOUND', 'ETIMEDOUT', 'ECONNRESET', 'EAI_AGAIN']);
