/** Text as it may stand in XML. */
export function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

/** What `escaped` was given. */
export function unescaped(text: string): string {
  return text.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');
}

export interface Frame {
  readonly width: number;
  readonly height: number;
  /** Read out in place of the picture. */
  readonly title: string;
  readonly style: string;
  readonly content: readonly string[];
}

/** A picture that is light or dark as its reader is, without a script and without anything from elsewhere. */
export function picture({ width, height, title, style, content }: Frame): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${COLOURS}${style}</style>`,
    `<rect width="${width}" height="${height}" rx="8" class="paper"/>`,
    ...content,
    '</svg>',
    '',
  ].join('\n');
}

const COLOURS = [
  ':root{--paper:#f6f8fa;--ink:#1f2328;--faint:#59636e;--line:#d1d9e0;--good:#1a7f37;--known:#0969da;--bad:#9a6700}',
  '@media(prefers-color-scheme:dark){:root{--paper:#161b22;--ink:#e6edf3;--faint:#9198a1;--line:#3d444d;--good:#3fb950;--known:#58a6ff;--bad:#d29922}}',
  '.paper{fill:var(--paper);stroke:var(--line)}',
].join('');
