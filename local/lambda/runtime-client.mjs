// Preloaded into a container, it stands in for the compiled part of `aws-lambda-ric`, which posts results to the Runtime API.
import { Agent, request } from 'node:http';
import { registerHooks } from 'node:module';

// The runtime client itself takes no arguments.
const [, , runtimeApi] = process.argv;
const agent = new Agent({ keepAlive: true });

function post(path, body) {
  const url = `http://${runtimeApi}/2018-06-01/runtime/invocation/${path}`;
  request(url, { agent, method: 'POST' }, (response) => response.resume()).end(body);
}

export const done = (requestId, body) => post(`${requestId}/response`, body);
export const error = (requestId, body) => post(`${requestId}/error`, body);

registerHooks({
  resolve(specifier, context, next) {
    if (specifier !== './rapid-client.node') return next(specifier, context);
    return { url: import.meta.url, format: 'module', shortCircuit: true };
  },
});
