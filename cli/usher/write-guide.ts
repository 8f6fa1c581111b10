import { writeFile } from 'node:fs/promises';
import { guide } from './guide.ts';

await writeFile(new URL('../../docs/operator.md', import.meta.url), guide());
