import { build } from './bundle.ts';

for (const { name, bytes } of await build()) {
  console.log(`dist/${name}/index.mjs  ${Math.ceil(bytes / 1024)} KiB`);
}
