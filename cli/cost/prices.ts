/** As of this day the prices below are believed to hold; compare them with their pages before you rely on them. */
export const PRICES_DATE = '2026-06-13';

export const REGION = 'us-east-1';

/** A list price. */
export interface Price {
  readonly usd: number;
  /** How much of the unit that many dollars buy. */
  readonly per: number;
  readonly unit: string;
  readonly source: string;
}

/** Prices that fall with the amount: each holds up to its `upTo`, in the unit. */
export type TieredPrice = readonly (Price & { readonly upTo: number })[];

const MILLION = 1_000_000;
const TEN_TB = 10 * 1024;

const lambda = 'https://aws.amazon.com/lambda/pricing/';
const cloudwatch = 'https://aws.amazon.com/cloudwatch/pricing/';
const secretsManager = 'https://aws.amazon.com/secrets-manager/pricing/';
const dynamodb = 'https://aws.amazon.com/dynamodb/pricing/on-demand/';
const stepFunctions = 'https://aws.amazon.com/step-functions/pricing/';

const logs = { per: 1, unit: 'GB ingested', source: cloudwatch };

/** List prices of us-east-1, the first tier where tiers begin far above what is computed here; free tiers are left out. */
export const PRICES = {
  lambdaRequest: { usd: 0.2, per: MILLION, unit: 'requests', source: lambda },
  lambdaArmGbSecond: { usd: 0.000_013_333_4, per: 1, unit: 'GB-s, arm64', source: lambda },
  sqsRequest: {
    usd: 0.4,
    per: MILLION,
    unit: 'requests of 64 KB, standard queue',
    source: 'https://aws.amazon.com/sqs/pricing/',
  },
  secretMonth: { usd: 0.4, per: 1, unit: 'secret-months', source: secretsManager },
  secretsManagerCall: { usd: 0.05, per: 10_000, unit: 'calls', source: secretsManager },
  logStorage: { usd: 0.03, per: 1, unit: 'GB-months, compressed', source: cloudwatch },
  customMetric: { usd: 0.3, per: 1, unit: 'metric-months', source: cloudwatch },
  alarmMetric: { usd: 0.1, per: 1, unit: 'alarm metric-months', source: cloudwatch },
  dashboard: { usd: 3, per: 1, unit: 'dashboard-months', source: cloudwatch },
  // Halved in November 2024.
  dynamodbWrite: { usd: 0.625, per: MILLION, unit: 'write request units of 1 KB', source: dynamodb },
  dynamodbStorage: { usd: 0.25, per: 1, unit: 'GB-months', source: dynamodb },
  pipeRequest: {
    usd: 0.4,
    per: MILLION,
    unit: 'requests of 64 KB',
    source: 'https://aws.amazon.com/eventbridge/pricing/',
  },
  stateTransition: { usd: 0.025, per: 1_000, unit: 'state transitions', source: stepFunctions },
  expressRequest: { usd: 1, per: MILLION, unit: 'requests', source: stepFunctions },
  expressGbHour: { usd: 0.06, per: 1, unit: 'GB-hours', source: stepFunctions },
} satisfies Record<string, Price>;

/** Lambda's logs, which are vended logs since May 2025. */
export const LAMBDA_LOGS: TieredPrice = [
  { usd: 0.5, upTo: TEN_TB, ...logs },
  { usd: 0.25, upTo: 3 * TEN_TB, ...logs },
  { usd: 0.1, upTo: 5 * TEN_TB, ...logs },
  { usd: 0.05, upTo: Number.POSITIVE_INFINITY, ...logs },
];

/** Dollars for an amount of the price's unit. */
export function costOf(amount: number, { usd, per }: Price): number {
  return (amount / per) * usd;
}

/** Dollars for an amount, each part of it at the price of its tier. */
export function tieredCostOf(amount: number, tiers: TieredPrice): number {
  let from = 0;
  let usd = 0;
  for (const tier of tiers) {
    usd += costOf(Math.max(0, Math.min(amount, tier.upTo) - from), tier);
    from = tier.upTo;
  }
  return usd;
}
