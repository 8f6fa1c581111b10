import { randomUUID } from 'node:crypto';
import type { Answer } from './service.ts';

/** One operation of AWS's Query protocol: form fields in, the content of its result out. */
export type QueryOperation = (fields: URLSearchParams) => Answer;

/**
 * An answer as the Query protocol writes it: XML, lists as `member`s.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonErrors.html
 */
export function toXml(operation: string, { status, body }: Answer): string {
  const id = randomUUID();
  if (status === 200) {
    const metadata = `<ResponseMetadata><RequestId>${id}</RequestId></ResponseMetadata>`;
    return `<${operation}Response><${operation}Result>${content(body)}</${operation}Result>${metadata}</${operation}Response>`;
  }
  const { __type: Code, message: Message } = Object(body);
  return `<ErrorResponse><Error>${content({ Type: 'Sender', Code, Message })}</Error><RequestId>${id}</RequestId></ErrorResponse>`;
}

function content(value: unknown): string {
  if (Array.isArray(value)) return value.map((member) => `<member>${content(member)}</member>`).join('');
  if (typeof value !== 'object' || value === null) return escaped(String(value));
  return Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([name, member]) => `<${name}>${content(member)}</${name}>`)
    .join('');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
