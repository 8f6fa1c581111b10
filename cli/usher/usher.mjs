#!/usr/bin/env node
// What `npx usher` starts: the command itself, on the Node.js of package.json.
import { fileURLToPath } from 'node:url';

process.argv.splice(2, 0, fileURLToPath(new URL('./main.ts', import.meta.url)));
await import('../on-node-24.mjs');
