import type { ProviderError } from '../providers/provider.ts';
import { bounded, MAX_ISSUES } from '../schema.ts';
import { shortened } from '../text.ts';

/** Told of a text, in code points, and looked at, in code units. */
const LONGEST = 500;
const FURTHEST = 65_536;

/** A provider's own words, shortened and without any of the secrets, however they are spelled. */
export function scrubbed(error: ProviderError, secrets: readonly string[]): ProviderError {
  const spellings = secrets.filter((secret) => secret !== '').map(spellingsOf);
  const scrub = (text: string) => shortened(withoutSecrets(text, spellings), LONGEST);
  const { message, code, requestId, issues } = error;
  const scrubbedIssues = issues
    ?.slice(0, MAX_ISSUES)
    .map(({ path, message }) => ({ path: scrub(path), message: scrub(message) }));
  return {
    ...error,
    message: message && scrub(message),
    code: code && scrub(code),
    requestId: requestId && scrub(requestId),
    issues: scrubbedIssues && bounded(scrubbedIssues, issues?.length),
  };
}

/** The beginning of a text, longer than what is told of it, with each secret that begins there taken out whole. */
function withoutSecrets(text: string, secrets: readonly Spelling[][]): string {
  let told = '';
  let at = 0;
  while (at < Math.min(text.length, FURTHEST) && told.length <= 2 * LONGEST) {
    const end = Math.max(...secrets.map((secret) => endOfSecret(text, at, secret)), at);
    told += end > at ? '***' : text.charAt(at);
    at = Math.max(end, at + 1);
  }
  return told;
}

/** Where the secret ends that begins at `at`, each of its characters spelled in any way; 0 where there is none. */
function endOfSecret(text: string, at: number, secret: readonly Spelling[]): number {
  let ends = new Set([at]);
  for (const { character, encoded } of secret) {
    const further = new Set<number>();
    for (const end of ends) {
      // Both may be true, as `&` is also the first character of `&amp;`.
      if (text.startsWith(character, end)) further.add(end + character.length);
      encoded.lastIndex = end;
      if (MARKS.includes(text.charAt(end)) && encoded.test(text)) further.add(encoded.lastIndex);
    }
    if (further.size === 0) return 0;
    ends = further;
  }
  return Math.max(...ends);
}

/** One character of a secret, and what else may stand for it in a URL, a form, JSON or HTML. */
interface Spelling {
  readonly character: string;
  readonly encoded: RegExp;
}

/** All that stands for something else begins with one of these. */
const MARKS = '%+\\&';

/** Short escapes of JSON, the entities of XML, and the space of a form, as patterns. */
const SHORT = new Map([
  ['"', ['\\\\"', '&quot;']],
  ['\\', ['\\\\\\\\']],
  ['/', ['\\\\/']],
  ['&', ['&amp;']],
  ['<', ['&lt;']],
  ['>', ['&gt;']],
  ["'", ['&apos;']],
  [' ', ['\\+']],
]);

const encodings = new Map<string, RegExp>();

function spellingsOf(secret: string): Spelling[] {
  return Array.from(secret, (character) => {
    const encoded = encodings.get(character) ?? encodingsOf(character);
    encodings.set(character, encoded);
    return { character, encoded };
  });
}

function encodingsOf(character: string): RegExp {
  const point = character.codePointAt(0) ?? 0;
  const inUrl = Array.from(Buffer.from(character), (byte) => `%${hex(byte, 2)}`).join('');
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  const inJson = units.map((unit) => `\\\\u${hex(unit, 4)}`).join('');
  const inHtml = `&#(?:0*${point}|x0*${hex(point, 1)});`;
  return new RegExp([inUrl, inJson, inHtml, ...(SHORT.get(character) ?? [])].join('|'), 'iy');
}

function hex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, '0');
}
