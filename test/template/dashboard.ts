import { beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { existingMetrics, metricKey } from './metric-catalogue.ts';
import { arnOf, type Packages, type Template } from './packaged-service.ts';

const Placed = z.strictObject({ x: z.int(), y: z.int(), width: z.int().min(1), height: z.int().min(1) });
const stat = z.string().regex(/^(Sum|Maximum|SampleCount|p\d\d)$/);
const lineOptions = z.strictObject({
  label: z.string().min(1).optional(),
  color: z.string().optional(),
  stat: stat.optional(),
  yAxis: z.enum(['left', 'right']).optional(),
  id: z.string().optional(),
  visible: z.boolean().optional(),
});
const Expression = z.strictObject({
  expression: z.string(),
  id: z.string().regex(/^[a-z]\w*$/),
  label: z.string().optional(),
});
const MetricLine = z.tuple([z.string(), z.string()], z.union([z.string(), lineOptions]));
const Line = z.union([z.tuple([Expression]), MetricLine]);
const axis = z.strictObject({ min: z.literal(0) });
const Graph = Placed.extend({
  type: z.literal('metric'),
  properties: z.strictObject({
    title: z.string().min(1),
    region: z.literal('us-east-1'),
    view: z.literal('timeSeries'),
    stacked: z.boolean(),
    period: z.literal(300),
    stat,
    metrics: z.array(Line).min(1),
    yAxis: z.strictObject({ left: axis, right: axis }),
  }),
});
const Text = Placed.extend({
  type: z.literal('text'),
  properties: z.strictObject({ markdown: z.string().min(100) }),
});
const Alarms = Placed.extend({
  type: z.literal('alarm'),
  properties: z.strictObject({ title: z.string().min(1), alarms: z.array(z.string()).min(1).max(100) }),
});
const Log = Placed.extend({
  type: z.literal('log'),
  properties: z.strictObject({
    title: z.string().min(1),
    region: z.literal('us-east-1'),
    view: z.literal('table'),
    query: z.string(),
  }),
});
const Widget = z.discriminatedUnion('type', [Graph, Text, Alarms, Log]);
type Widget = z.infer<typeof Widget>;
const Body = z.strictObject({
  start: z.string().regex(/^-PT\d+H$/),
  periodOverride: z.literal('inherit'),
  widgets: z.array(Widget).min(1),
});
const Dashboard = z.strictObject({
  DashboardName: z.string(),
  DashboardBody: z
    .string()
    .transform((body): unknown => JSON.parse(body))
    .pipe(Body),
});

const named = (template: Template, type: string, property: string) =>
  [...template.all(type, z.record(z.string(), z.unknown())).values()].map((it) => String(it[property]));

interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

const search = /^SEARCH\('\{(\w+),([\w,]+)\} MetricName="(\w+)" (\w+)="([^"]+)"', '\w+', 300\)$/;

/** What a line of a graph shows; nothing for arithmetic on other lines. */
function metricsOf(line: z.infer<typeof Line>): Metric[] {
  const [first] = line;
  if (typeof first === 'string') return [metricOf(line)];
  const [, namespace = '', by = '', name = '', dimension = '', value = ''] =
    first.expression.match(search) ?? [];
  if (name === '') return [];
  const others = by.split(',').filter((one) => one !== dimension);
  return [
    {
      namespace,
      name,
      dimensions: { [dimension]: value, ...Object.fromEntries(others.map((it) => [it, '*'])) },
    },
  ];
}

function metricOf(line: readonly unknown[]): Metric {
  const [namespace = '', name = '', ...pairs] = line.filter((part) => typeof part === 'string');
  const dimensions: Record<string, string> = {};
  for (let at = 0; at < pairs.length; at += 2) dimensions[pairs[at] ?? ''] = pairs[at + 1] ?? '';
  return { namespace, name, dimensions };
}

function widgetsOf(template: Template): Widget[] {
  const [dashboard, ...others] = template.all('AWS::CloudWatch::Dashboard', Dashboard).values();
  expect(others).toEqual([]);
  return dashboard?.DashboardBody.widgets ?? [];
}

const graphsOf = (template: Template) => widgetsOf(template).filter((it) => it.type === 'metric');
const linesOf = (template: Template) => graphsOf(template).flatMap((it) => it.properties.metrics);
const shownIn = (template: Template) => linesOf(template).flatMap(metricsOf);

/** What the dashboard shows. */
export function dashboardTests(packages: () => Packages): void {
  let dev: Template;
  let prod: Template;

  beforeAll(() => {
    [dev, prod] = [packages().dev.template, packages().prod.template];
  });

  describe('the dashboard', () => {
    test('begins with how to read it and which alarms ring', () => {
      const [text, alarms] = widgetsOf(dev);
      expect([text?.type, alarms?.type]).toEqual(['text', 'alarm']);
    });

    test('names in its instructions only graphs that it has', () => {
      const [text] = widgetsOf(dev).filter((it) => it.type === 'text');
      const told = [...(text?.properties.markdown ?? '').matchAll(/(?<!\*)\*([^*]+)\*(?!\*)/g)].map(
        ([, it = '']) => it,
      );
      const titles = graphsOf(dev).map((it) => it.properties.title);
      expect(told.length).toBeGreaterThan(4);
      expect(told.filter((it) => !titles.some((title) => title.startsWith(it)))).toEqual([]);
    });

    test('shows every alarm that there is', () => {
      const shown = widgetsOf(dev).flatMap((it) => (it.type === 'alarm' ? it.properties.alarms : []));
      const existing = named(dev, 'AWS::CloudWatch::Alarm', 'AlarmName').map(arnOf.alarm);
      expect(shown.sort()).toEqual(existing.sort());
    });

    test('fills its 24 columns without a gap or an overlap', () => {
      const cells = widgetsOf(dev).flatMap(({ x, y, width, height }) =>
        Array.from(
          { length: width * height },
          (_, cell) => `${x + (cell % width)},${y + Math.floor(cell / width)}`,
        ),
      );
      const rows = Math.max(...widgetsOf(dev).map(({ y, height }) => y + height));
      const all = Array.from({ length: rows * 24 }, (_, cell) => `${cell % 24},${Math.floor(cell / 24)}`);
      expect(cells.sort()).toEqual(all.sort());
    });

    test('shows only metrics that exist', () => {
      const keys = shownIn(dev).map((it) => metricKey(it.namespace, it.name, Object.keys(it.dimensions)));
      expect(keys.filter((key) => !existingMetrics.has(key))).toEqual([]);
    });

    test('shows every kind of metric that Usher writes', () => {
      const kinds = (metrics: Iterable<string>) =>
        new Set([...metrics].filter((it) => it.startsWith('Usher ')).map((it) => it.split(' ')[1]));
      const shown = shownIn(dev).map((it) => metricKey(it.namespace, it.name, Object.keys(it.dimensions)));
      expect(kinds(shown)).toEqual(kinds(existingMetrics));
    });

    test.each(['dev', 'prod'] as const)(
      'shows the queues, functions and metrics of its own stage, %s',
      (stage) => {
        const template = stage === 'dev' ? dev : prod;
        const existing = {
          QueueName: named(template, 'AWS::SQS::Queue', 'QueueName'),
          FunctionName: named(template, 'AWS::Lambda::Function', 'FunctionName'),
          LogGroupName: named(template, 'AWS::Logs::LogGroup', 'LogGroupName'),
          source: [`urn:usher:${stage}`],
        };
        for (const [dimension, names] of Object.entries(existing)) {
          const shown = shownIn(template).flatMap((it) => it.dimensions[dimension] ?? []);
          expect([...new Set(shown)].sort(), dimension).toEqual(names.sort());
        }
      },
    );

    test('computes from lines of the same graph, and searches where it does not', () => {
      for (const { properties } of graphsOf(dev)) {
        const ids = properties.metrics.flatMap((line) =>
          line.flatMap((part) => (typeof part === 'object' ? (part.id ?? []) : [])),
        );
        expect(new Set(ids).size, properties.title).toBe(ids.length);
        const expressions = properties.metrics.flatMap(([first]) =>
          typeof first === 'object' ? [first.expression] : [],
        );
        for (const expression of expressions.filter((it) => !search.test(it))) {
          const used = expression.match(/\b[a-z]\w*/g) ?? [];
          expect(used.length, expression).toBeGreaterThan(0);
          expect(
            used.filter((id) => !ids.includes(id)),
            expression,
          ).toEqual([]);
        }
      }
    });

    test('reckons compute with the memory that the functions have', () => {
      const compute = (template: Template) =>
        linesOf(template).flatMap(([first]) =>
          typeof first === 'object' && first.id === 'compute' ? [first.expression] : [],
        );
      expect(compute(dev)).toEqual(['(FILL(user, 0) + FILL(exhausted, 0)) / 1000 * 512 / 1024']);
      expect(compute(prod)).toEqual(['(FILL(user, 0) + FILL(exhausted, 0)) / 1000 * 1024 / 1024']);
    });

    test('reads the logs of both functions', () => {
      const [query] = widgetsOf(dev).flatMap((it) => (it.type === 'log' ? [it.properties.query] : []));
      const groups = named(dev, 'AWS::Logs::LogGroup', 'LogGroupName').map((name) => `SOURCE '${name}'`);
      expect(query?.split(' | ')).toEqual([
        ...groups,
        'fields @timestamp, level, message, provider, connection, code, secret, receives, requestId, record.status',
        'filter level in ["WARN", "ERROR", "FATAL"] or record.status in ["timeout", "error", "failure"]',
        'sort @timestamp desc',
        'limit 50',
      ]);
    });
  });
}
