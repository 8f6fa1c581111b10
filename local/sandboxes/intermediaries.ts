import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { Answer } from './calls.ts';

const encode = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync };
const BYTE_ORDER_MARK = Buffer.from('\uFEFF');

/** The answer in a content coding that nobody has asked for. */
export function zipped(answer: Answer, coding: keyof typeof encode): Answer {
  const headers = { ...answer.headers, 'content-encoding': coding };
  return { ...answer, headers, body: encode[coding](answer.body) };
}

/** The answer with a byte order mark in front of it. */
export function withBom(answer: Answer): Answer {
  const { body } = answer;
  return {
    ...answer,
    body: Buffer.concat([BYTE_ORDER_MARK, typeof body === 'string' ? Buffer.from(body) : body]),
  };
}

/** What a router says that has no route to the provider: https://pkg.go.dev/net/http#NotFound */
export const routerNotFound: Answer = {
  status: 404,
  body: '404 page not found\n',
  headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
};

/** What a web application firewall says to a call that it does not let through. */
export const firewallRefusal: Answer = {
  status: 403,
  body: '<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>\r\n<center><h1>403 Forbidden</h1></center>\r\n</body>\r\n</html>\r\n',
  headers: { 'content-type': 'text/html', server: 'awselb/2.0' },
};
