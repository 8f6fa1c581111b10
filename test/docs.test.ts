import { existsSync } from 'node:fs';
import { glob, readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const LINK = /\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"/g;
/** What leads away, or to a page that GitHub makes. */
const ELSEWHERE = /^[a-z]+:|^\.\.\/\.\.\/commits\//;

test('Every link of every page leads to a file that is there, and to a heading that it has', async () => {
  const pages: string[] = [];
  for await (const page of glob('**/*.md', { cwd: root, exclude: ['**/node_modules'] })) pages.push(page);
  expect(pages).toContain('README.md');
  const broken: string[] = [];
  for (const page of pages) {
    const text = (await readFile(join(root, page), 'utf8')).replace(/```[\s\S]*?```/g, '');
    for (const [, inText, inHtml] of text.matchAll(LINK)) {
      const link = inText ?? inHtml ?? '';
      if (ELSEWHERE.test(link)) continue;
      if (!(await leadsSomewhere(page, link))) broken.push(`${page}: ${link}`);
    }
  }
  expect(broken).toEqual([]);
});

async function leadsSomewhere(page: string, link: string): Promise<boolean> {
  const [path = '', heading] = link.split('#');
  const target = path === '' ? page : normalize(join(dirname(page), path));
  if (!existsSync(join(root, target))) return false;
  if (heading === undefined || !target.endsWith('.md')) return true;
  const headings = (await readFile(join(root, target), 'utf8')).matchAll(/^#+ (.*)$/gm);
  return [...headings].some(([, words = '']) => anchorOf(words) === heading);
}

/** As GitHub makes them. */
function anchorOf(heading: string): string {
  return heading
    .replace(/[`*]/g, '')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');
}
