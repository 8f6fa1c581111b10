import { escaped, picture } from './svg.ts';

/** A box with its name, and what it is in a few words. */
export interface Box {
  readonly at: readonly [x: number, y: number];
  readonly size: readonly [width: number, height: number];
  readonly name: string;
  readonly words?: readonly string[];
  /** `queue`, `work` or `people`, or a state. */
  readonly look: string;
}

/** From point to point, its head at the last one; its words stand beside a point. */
export interface Arrow {
  readonly through: readonly (readonly [x: number, y: number])[];
  readonly words?: string;
  readonly wordsAt?: readonly [x: number, y: number];
}

/** Boxes and arrows, as on a whiteboard. */
export function diagram(
  title: string,
  [width, height]: readonly [number, number],
  boxes: readonly Box[],
  arrows: readonly Arrow[],
): string {
  return picture({
    width,
    height,
    title,
    style: STYLE,
    content: [HEAD, ...arrows.map(drawnArrow), ...boxes.map(drawnBox)],
  });
}

function drawnBox({ at: [x, y], size: [width, height], name, words = [], look }: Box): string {
  const middle = x + width / 2;
  const first = y + height / 2 + 4 - words.length * 8;
  const lines = words.map(
    (text, index) =>
      `<text x="${middle}" y="${first + 16 * (index + 1)}" text-anchor="middle" class="words">${escaped(text)}</text>`,
  );
  return [
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${look === 'queue' ? height / 2 : 8}" class="box ${look}"/>`,
    `<text x="${middle}" y="${first}" text-anchor="middle" class="name">${escaped(name)}</text>`,
    ...lines,
  ].join('\n');
}

function drawnArrow({ through, words, wordsAt }: Arrow): string {
  const path = through.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${x} ${y}`).join(' ');
  const line = `<path d="${path}" class="arrow" marker-end="url(#head)"/>`;
  if (words === undefined || wordsAt === undefined) return line;
  const [x, y] = wordsAt;
  return `${line}\n<text x="${x}" y="${y}" class="words">${escaped(words)}</text>`;
}

const HEAD =
  '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0 0L10 5L0 10z" class="point"/></marker></defs>';

const STYLE = [
  'text{font:12px ui-sans-serif,system-ui,sans-serif;fill:var(--ink)}',
  '.name{font-weight:bold;font-size:13px}.words{fill:var(--faint);font-size:11.5px}',
  '.box{fill:var(--paper);stroke:var(--faint);stroke-width:1.3}',
  '.queue,.open{stroke:var(--known)}.work{stroke:var(--good)}.paused{stroke:var(--bad)}.people{stroke-dasharray:4 3}',
  '.arrow{fill:none;stroke:var(--faint);stroke-width:1.4}.point{fill:var(--faint)}',
].join('');
