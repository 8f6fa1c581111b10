import { escaped, picture, unescaped } from './svg.ts';

/** What a run has printed: the last that was told of its progress, and its output. */
export interface Run {
  readonly command: string;
  readonly progress: string;
  readonly output: string;
}

const ROW = 19;
const COLUMN = 7.3;
const MARGIN = 18;
const TYPED_S = 1;
const PROGRESS_S = 2.5;
const EACH_LINE_S = 0.15;

/** A run as a terminal shows it: line by line, once, or all at once where `isStill` or nobody wants motion. */
export function runPicture({ command, progress, output }: Run, isStill: boolean): string {
  const lines = output.trimEnd().split('\n');
  const y = (row: number) => MARGIN + ROW * (row + 1) - 5;
  const line = (text: string, row: number, more: string) =>
    `<text x="${MARGIN}" y="${y(row)}" xml:space="preserve" ${more}>${coloured(text)}</text>`;
  const shown = lines.map((text, at) => {
    const delay = TYPED_S + PROGRESS_S + at * EACH_LINE_S;
    return line(text, at + 1, `class="out"${isStill ? '' : ` style="animation-delay:${delay.toFixed(2)}s"`}`);
  });
  const columns = Math.max(...lines.map((text) => text.length), command.length + 2);
  return picture({
    width: Math.ceil(columns * COLUMN + 2 * MARGIN),
    height: 2 * MARGIN + ROW * (lines.length + 1),
    title: `What ${command} prints`,
    style: TEXT + (isStill ? '' : MOTION),
    content: [
      line(`$ ${command}`, 0, 'class="command"'),
      ...(isStill ? [] : [line(progress, 1, 'class="progress" aria-hidden="true"')]),
      ...shown,
    ],
  });
}

/** The output that a picture shows. */
export function outputIn(svg: string): string {
  const lines = [...svg.matchAll(/<text [^>]*class="out"[^>]*>(.*)<\/text>/g)];
  return lines.map(([, content = '']) => unescaped(content.replace(/<[^>]*>/g, ''))).join('\n');
}

/** Two runs print the same but for times and what is made up anew each time. */
export function alike(output: string): string {
  return output
    .trimEnd()
    .split('\n')
    .map((text) =>
      text
        .replace(/\d+\.\d s/g, 'N s')
        .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UUID')
        .replace(/ +/g, ' ')
        .trimEnd(),
    )
    .join('\n');
}

const LOOKS = { created: 'good', existing: 'known', 'dead-lettered': 'bad' };

function coloured(text: string): string {
  return escaped(text).replace(/(?<=^ *\d+ .*)\b(created|existing|dead-lettered)\b(?= +\d)/, (word) => {
    return `<tspan class="${LOOKS[word as keyof typeof LOOKS]}">${word}</tspan>`;
  });
}

const TEXT = [
  'text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:var(--ink)}',
  '.command{font-weight:bold}.progress{fill:var(--faint);opacity:0}',
  '.good{fill:var(--good)}.known{fill:var(--known)}.bad{fill:var(--bad)}',
].join('');

const MOTION = [
  '@media(prefers-reduced-motion:no-preference){',
  '@keyframes come{from{opacity:0}to{opacity:1}}',
  '@keyframes pass{0%,90%{opacity:1}to{opacity:0}}',
  '.out{animation:come .1s both}',
  `.progress{animation:pass ${PROGRESS_S}s ${TYPED_S}s}`,
  '}',
].join('');
