import wrapAnsi from 'wrap-ansi';
import { amount, type Column, tableOf } from '../terminal/text.ts';
import { alternativesOf } from './alternatives.ts';
import { ASSUMED } from './assumptions.ts';
import { type Filling, type Month, monthOf, type Usage } from './month.ts';
import { LAMBDA_LOGS, PRICES, PRICES_DATE, REGION } from './prices.ts';

const COLUMNS = 80;
const MILLION = 1_000_000;
/** An amount below this is shown with decimals. */
const FEW = 10;

/** Both months, one record a batch and full batches. */
type Months = readonly [Month, Month];

/** The bill of a month line by line, the alternatives, and what was measured, in lines of at most 80 columns. */
export function reportOf(usage: Usage): string {
  const { requests, deployment } = usage;
  const months: Months = [monthOf(usage, 'oneRecord'), monthOf(usage, 'fullBatches')];
  return [
    [
      `A month of ${amount(requests)} requests, in US dollars`,
      `List prices of ${REGION} as of ${PRICES_DATE}, no free tiers; ${deployment.memoryMb} MB of arm64`,
    ],
    billOf(usage, months),
    comparisonOf(usage, months),
    measuredOf(usage, months),
    whenOf(months),
  ]
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

/** The same figures and those that they were computed from, for machines. */
export function costsOf(usage: Usage) {
  const costs = (filling: Filling) => ({
    ...monthOf(usage, filling),
    alternatives: alternativesOf(usage, filling),
  });
  return {
    ...{
      region: REGION,
      pricesDate: PRICES_DATE,
      prices: { ...PRICES, lambdaLogs: LAMBDA_LOGS },
      assumed: ASSUMED,
    },
    ...usage,
    oneRecord: costs('oneRecord'),
    fullBatches: costs('fullBatches'),
  };
}

function billOf(usage: Usage, months: Months): string[] {
  const [one, full] = months;
  const items = one.items.map(({ name, ...item }, index) => {
    const other = full.items[index] ?? item;
    return [name, quantity(item.amount), dollars(item.usd), quantity(other.amount), dollars(other.usd)];
  });
  const sum = (name: string, usdOf: (month: Month, at: 0 | 1) => number) => [
    ...[name, '', dollars(usdOf(one, 0)), '', dollars(usdOf(full, 1))],
  ];
  const more = { ...usage, requests: usage.requests + MILLION };
  const further = [monthOf(more, 'oneRecord'), monthOf(more, 'fullBatches')] as const;
  const sums = [
    sum('Total', ({ usd }) => usd),
    sum('  of which fixed', ({ fixedUsd }) => fixedUsd),
    sum('  per million requests', ({ usd }) => (usd / usage.requests) * MILLION),
    sum('  a further million', ({ usd }, at) => further[at].usd - usd),
  ];
  return table(['', 'One a batch', 'USD', titleOf(full), 'USD'], [...items, [], ...sums]);
}

function comparisonOf(usage: Usage, [, full]: Months): string[] {
  const others = alternativesOf(usage, 'fullBatches');
  const rows = alternativesOf(usage, 'oneRecord').map(({ name, usd }, index) => [
    ...[name, dollars(usd), dollars(others[index]?.usd ?? 0)],
  ]);
  return table(['The same month built as', 'One a batch', titleOf(full)], rows);
}

function measuredOf({ measurement }: Usage, [one, full]: Months): string[] {
  const { date, providerMs, awsMs, oneRecord, fullBatches, coldStarts } = measurement;
  const bytes = ({ logBytes, requests }: typeof oneRecord) => `${amount(logBytes / requests)} bytes`;
  const rows = [
    ['Warm invocation, one record', ms(oneRecord.durationMs, 1), ms(one.billedMs)],
    [`Warm invocation, ${recordsOf(full)} records`, ms(fullBatches.durationMs, 1), ms(full.billedMs)],
    ['Start of a container', ms(coldStarts.initMs, 1), ''],
    ['  and its first invocation', ms(coldStarts.firstMs, 1), ms(one.billedMs + one.coldStartMs)],
    ['Log of a request, one record', bytes(oneRecord), ''],
    [`Log of a request, ${recordsOf(full)} records`, bytes(fullBatches), ''],
  ];
  return [
    ...table([`Measured on ${date}`, 'here', 'billed in AWS'], rows),
    `A provider's call took ${ms(providerMs)} here, one of SQS or Secrets Manager ${ms(awsMs)}.`,
  ];
}

/** When which column holds. */
function whenOf([{ mostRequests }]: Months): string[] {
  const aSecond = amount(mostRequests / ASSUMED.monthSeconds, 1);
  const text =
    'The first column holds while requests arrive one by one, ' +
    `up to ${aSecond} a second (${amount(mostRequests / MILLION)} million a month). ` +
    'Where more arrive, or many at once, batches fill: the second column.';
  return wrapAnsi(text, COLUMNS).split('\n');
}

function titleOf(month: Month): string {
  return `${recordsOf(month)} a batch`;
}

function recordsOf({ recordsPerBatch }: Month): string {
  return amount(recordsPerBatch, Number.isInteger(recordsPerBatch) ? 0 : 1);
}

/** The first column is text, the others are figures. */
function table(titles: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const columns = titles.map((title, index): Column => (index === 0 ? { title } : { title, align: 'right' }));
  const cells = rows.map((row) => titles.map((_, index) => ({ text: row[index] ?? '' })));
  return tableOf(columns, cells).map((line) => line.trimEnd());
}

function quantity(value: number): string {
  return amount(value, value < FEW && !Number.isInteger(value) ? 2 : 0);
}

function dollars(usd: number): string {
  return amount(usd, 2);
}

function ms(value: number, decimals = 0): string {
  return `${amount(value, decimals)} ms`;
}
