import { request } from 'node:http';
import { createFloor } from './shared/floor.ts';

/** The SDK clients and `node:http`, with nothing else. */
export const handler = createFloor(
  (url, headers, body) =>
    new Promise<string>((resolve, reject) => {
      const call = request(url, {
        method: 'POST',
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      });
      call.on('error', reject);
      call.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('error', reject);
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => {
          if (response.statusCode !== 200) reject(new Error(`HTTP ${response.statusCode}`));
          else resolve(text);
        });
      });
      call.end(body);
    }),
);
