import { hash } from 'node:crypto';
import type { Delivery } from './delivery.ts';

/** The outcome's id: the same for every delivery of one request, and another one after each redrive. */
export function outcomeId({ facts, queueArn, messageId, redrives }: Delivery, type: string): string {
  const { id, source } = facts;
  const identity = id !== undefined && source !== undefined ? [source, id] : [queueArn, messageId];
  return uuidV5([...identity, type, redrives].join('\n'));
}

const URL_NAMESPACE = Buffer.from('6ba7b8119dad11d180b400c04fd430c8', 'hex');

/** https://www.rfc-editor.org/rfc/rfc9562#section-5.5 */
function uuidV5(name: string): string {
  const hex = hash('sha1', Buffer.concat([URL_NAMESPACE, Buffer.from(name)]));
  const version = `5${hex.slice(13, 16)}`;
  const variant = '89ab'.charAt(Number.parseInt(hex.charAt(16), 16) % 4) + hex.slice(17, 20);
  return [hex.slice(0, 8), hex.slice(8, 12), version, variant, hex.slice(20, 32)].join('-');
}
