// Preloaded into a container, it lets the wall clock jump at every so many calls to the outside, in the middle of an
// invocation therefore, and sets it right before the next one: all in turn by what CLOCK_JUMPS says.
import { subscribe } from 'node:diagnostics_channel';

const RUNTIME_API = '/2018-06-01/runtime/';
const { everyCalls, jumpsMs } = JSON.parse(process.env.CLOCK_JUMPS);
const realNow = Date.now;
let aheadMs = 0;
let calls = 0;

Date.now = () => realNow() + aheadMs;
globalThis.Date = new Proxy(Date, {
  apply: (RealDate) => new RealDate(Date.now()).toString(),
  construct: (RealDate, given, target) =>
    Reflect.construct(RealDate, given.length === 0 ? [Date.now()] : given, target),
});

subscribe('http.client.request.start', ({ request: { path } }) => {
  if (path === `${RUNTIME_API}invocation/next`) aheadMs = 0;
  if (path.startsWith(RUNTIME_API)) return;
  calls += 1;
  if (calls % everyCalls !== 0) return;
  aheadMs = jumpsMs[(calls / everyCalls - 1) % jumpsMs.length];
  process.stdout.write(`${JSON.stringify({ level: 'DEBUG', message: 'clock jumped', aheadMs })}\n`);
});
