// The process of the stubs: tells its addresses, then does what it is asked and answers with what it has seen.
import { isObject } from '../../lib/json.ts';
import { createAws } from './aws.ts';
import { serve } from './http.ts';
import { createProvider } from './provider.ts';

const aws = createAws(JSON.stringify({ apiKey: 'bench-key', accountId: 'acme' }));
const provider = createProvider();

process.on('disconnect', () => process.exit());
process.on('message', (order) => {
  const latencyMs = isObject(order) ? order.latencyMs : undefined;
  provider.setLatency(typeof latencyMs === 'number' ? latencyMs : 0);
  process.send?.({ aws: aws.take(), provider: provider.take() });
});
process.send?.({ aws: await serve(aws.answer), provider: await serve(provider.answer) });
