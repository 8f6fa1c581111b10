import { createHash } from 'node:crypto';
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
  const hash = createHash('sha1').update(URL_NAMESPACE).update(name).digest();
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  return hash.toString('hex', 0, 16).replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5');
}
