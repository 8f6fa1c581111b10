/** Whether AWS says that the caller may not do that. */
export function isForbidden(error: unknown): error is Error {
  return (
    error instanceof Error &&
    /^(AccessDenied|Authorization|UnauthorizedOperation|NotAuthorized)/.test(error.name)
  );
}

/** A failed call of AWS in one sentence that says what to do; undefined for what is no such failure. */
export function wordsForAwsError(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { name, message } = error;
  if (EXPIRED.has(name) || (WITHOUT.has(name) && /expired|refresh/i.test(message)))
    return 'The AWS credentials have expired: log in again (aws sso login).';
  if (WITHOUT.has(name))
    return 'There are no AWS credentials: log in (aws sso login, aws configure), or set AWS_PROFILE.';
  if (UNKNOWN.has(name))
    return `AWS does not know these credentials (${name}): see whether AWS_PROFILE and the AWS_… variables are those of this account.`;
  const code = codeOf(error);
  if (code !== undefined)
    return `AWS cannot be reached (${code}): see whether region, proxy and AWS_ENDPOINT_URL are right.`;
  return '$metadata' in error ? `AWS refuses: ${message} (${name})` : undefined;
}

const WITHOUT = new Set(['CredentialsProviderError', 'TokenProviderError']);
const EXPIRED = new Set(['ExpiredToken', 'ExpiredTokenException', 'RequestExpired', 'TokenRefreshRequired']);
const UNKNOWN = new Set([
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'SignatureDoesNotMatch',
  'InvalidSignatureException',
  'IncompleteSignature',
  'InvalidAccessKeyId',
  'AuthFailure',
]);
const NETWORK = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'ETIMEDOUT',
  'ECONNRESET',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
]);

function codeOf(error: Error): string | undefined {
  if (error.name === 'TimeoutError') return error.name;
  const code = 'code' in error ? String(error.code) : '';
  return NETWORK.has(code) ? code : undefined;
}
