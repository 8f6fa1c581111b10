import type { ProviderError } from '../providers/provider.ts';
import { shortened } from '../text.ts';

const LONGEST = 500;

/** A provider's own words, shortened and without any of the secrets. */
export function scrubbed(error: ProviderError, secrets: readonly string[]): ProviderError {
  const scrub = (text: string) => shortened(withoutSecrets(text, secrets), LONGEST);
  return {
    ...error,
    message: error.message && scrub(error.message),
    code: error.code && scrub(error.code),
    requestId: error.requestId && scrub(error.requestId),
    issues: error.issues?.map(({ path, message }) => ({ path: scrub(path), message: scrub(message) })),
  };
}

function withoutSecrets(text: string, secrets: readonly string[]): string {
  return (
    secrets
      .flatMap(formsOf)
      // A secret that is part of another one must not spoil it.
      .sort((one, other) => other.length - one.length)
      .reduce((rest, secret) => rest.replaceAll(secret, '***'), text)
  );
}

/** A secret as it may be quoted: as it is, in a URL, in a form, in JSON. */
function formsOf(secret: string): string[] {
  const inForm = new URLSearchParams({ s: secret }).toString().slice('s='.length);
  return [secret, encodeURIComponent(secret), inForm, JSON.stringify(secret).slice(1, -1)];
}
