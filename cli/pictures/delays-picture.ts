import { Failure, type FailureCode } from '../../lib/records/failure.ts';
import { delaySeconds } from '../../lib/records/retry.ts';
import { escaped, picture } from './svg.ts';

const RECEIVES = 15;
const WIDTH = 760;
const HEIGHT = 330;
const LEFT = 70;
const TOP = 50;
const PLOT = { width: WIDTH - LEFT - 30, height: HEIGHT - TOP - 60 };
const ALMOST_ONE = 1 - Number.EPSILON;
/** From ten seconds to an hour and a bit, each tenfold as high as the one before. */
const LEAST_S = 8;
const MOST_S = 4_500;
const TICKS: readonly (readonly [number, string])[] = [
  [10, '10 s'],
  [60, '1 min'],
  [600, '10 min'],
  [3_600, '1 h'],
];
/** With where each stands in the legend. */
const KINDS: readonly (readonly [FailureCode, string, string, number])[] = [
  ['provider_pending', 'soon: provider_pending', 'known', 0],
  ['provider_unavailable', 'retry: provider_unavailable, provider_throttled', 'good', 155],
  ['provider_unauthorized', 'slowly: provider_unauthorized, secret_*', 'bad', 440],
];

/** How long a request stays away after each receive, from the schedule itself: least to most, as chance has it. */
export function delaysPicture(): string {
  const slot = PLOT.width / (RECEIVES - 1);
  const bars = KINDS.flatMap(([code, , look], kind) =>
    Array.from({ length: RECEIVES - 1 }, (_, index) => {
      const [least, most] = [0, ALMOST_ONE].map((random) => secondsAfter(code, index + 1, random));
      const x = LEFT + index * slot + 6 + kind * 11;
      const [top, bottom] = [heightOf(most ?? 0), heightOf(least ?? 0)];
      return `<rect x="${round(x)}" y="${round(top)}" width="9" height="${round(Math.max(3, bottom - top))}" class="${look}"/>`;
    }),
  );
  const lines = TICKS.flatMap(([seconds, name]) => {
    const y = round(heightOf(seconds));
    return [
      `<line x1="${LEFT}" x2="${WIDTH - 30}" y1="${y}" y2="${y}" class="grid"/>`,
      `<text x="${LEFT - 8}" y="${y + 4}" text-anchor="end">${name}</text>`,
    ];
  });
  const receives = Array.from({ length: RECEIVES - 1 }, (_, index) => {
    return `<text x="${round(LEFT + index * slot + 22)}" y="${HEIGHT - 36}" text-anchor="middle">${index + 1}</text>`;
  });
  const legend = KINDS.flatMap(([, words, look, at]) => {
    const x = LEFT + at;
    return [
      `<rect x="${x}" y="22" width="9" height="9" class="${look}"/>`,
      `<text x="${x + 15}" y="31">${escaped(words)}</text>`,
    ];
  });
  return picture({
    width: WIDTH,
    height: HEIGHT,
    title: 'How long a request stays away after each receive, from the least to the most',
    style: STYLE,
    content: [
      ...lines,
      ...bars,
      ...receives,
      ...legend,
      `<text x="${WIDTH / 2}" y="${HEIGHT - 14}" text-anchor="middle">receive; half of each delay is up to chance, but for "soon"</text>`,
    ],
  });
}

function secondsAfter(code: FailureCode, receives: number, random: number): number {
  return delaySeconds(new Failure(code, ''), { receives, elapsedMs: 0, random });
}

function heightOf(seconds: number): number {
  const share = Math.log(seconds / LEAST_S) / Math.log(MOST_S / LEAST_S);
  return TOP + PLOT.height * (1 - share);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

const STYLE = [
  'text{font:11px ui-sans-serif,system-ui,sans-serif;fill:var(--faint)}',
  '.grid{stroke:var(--line)}.good{fill:var(--good)}.known{fill:var(--known)}.bad{fill:var(--bad)}',
].join('');
