import { createFloor } from './shared/floor.ts';

/** The SDK clients and `fetch`, with nothing else. */
export const handler = createFloor(async (url, headers, body) => {
  const response = await fetch(url, { method: 'POST', headers, body });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return response.text();
});
