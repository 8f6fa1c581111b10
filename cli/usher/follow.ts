import { Command } from 'commander';
import type * as z from 'zod';
import { openQueue } from '../../operator/aws/queue.ts';
import { follow, type Step, type Story } from '../../operator/follow.ts';
import { masked } from '../../operator/personal.ts';
import { outputOf, type Target } from '../../operator/target.ts';
import { createProgress } from '../terminal/progress.ts';
import { printable } from '../terminal/text.ts';
import { untilInterrupted } from './act.ts';
import { EXIT } from './exit.ts';
import { openDeadLetters, openRequests } from './letters/open.ts';
import { type CommonOptions, timeOf, withCommonOptions } from './options.ts';
import { placeOf } from './place.ts';
import { ago, print, printJson, styled } from './print.ts';
import * as shapes from './shapes.ts';
import { openSite } from './site.ts';
import { toldSite } from './told-site.ts';

const more = `
Reads both logs, and looks for an answer that nobody has taken yet; whatever it
takes for that it gives back at once. A request whose id contains an @ is in the
logs by its message id only.

Examples:
  usher follow signup-4711 --stage prod
  usher follow 3f0c4d9e-… --since 3d --stage prod

Exit status: 0 completed or on its way, 1 dead-lettered or never seen.`;

export function followCommand(): Command {
  const command = new Command('follow')
    .description('Tells everything about one request.')
    .argument('<id>', "the request's id, or the SQS message id of one of its deliveries")
    .option('--since <time>', 'how far back the logs are read, as 3d or 2026-01-31', timeOf)
    .addHelpText('after', more)
    .action((id: string, options) => run(id, options));
  return withCommonOptions(command);
}

/** Longer than any request is tried. */
const DEFAULT_MS = 24 * 3_600_000;

async function run(id: string, options: CommonOptions & { readonly since?: number }): Promise<void> {
  const target = await openSite(options);
  using progress = createProgress(process.stderr);
  progress.show(() => 'Reading the logs and looking through the queues');
  using requests = openRequests(target);
  using deadLetters = openDeadLetters(target);
  using completions = openQueue(outputOf(target, 'CompletionsQueueUrl'), target.region);
  const since = options.since ?? Date.now() - DEFAULT_MS;
  const signal = untilInterrupted();
  const story = await follow({ target, id, since, requests, completions, deadLetters, signal });
  progress.end();
  const { whereabouts } = story;
  process.exitCode = whereabouts === 'dead-lettered' || whereabouts === 'never seen' ? EXIT.wrong : EXIT.done;
  if (options.json) printJson(shapes.story, toldStory(target, id, story));
  else print(page(id, story, { since, options }));
}

function toldStory(target: Target, id: string, story: Story): z.infer<typeof shapes.story> {
  const { whereabouts, nextAt, steps, unread, unseen } = story;
  return {
    ...{ site: toldSite(target), id, whereabouts },
    ...(nextAt !== undefined && { nextAt: iso(nextAt) }),
    steps: steps.map((step) => ({ ...step, at: iso(step.at) })),
    unread: unread.map(({ queue, letter: { messageId, outcomeId } }) => ({ queue, messageId, outcomeId })),
    unseen: [...unseen],
  };
}

const iso = (at: number) => new Date(at).toISOString();

function page(
  id: string,
  { whereabouts, nextAt, steps, unread, unseen, waiting }: Story,
  { since, options }: { since: number; options: CommonOptions },
): string {
  const lines = [
    `${styled('bold', masked(printable(id), []))} is ${styled(looks[whereabouts], whereabouts)}${meaning(whereabouts, { nextAt, since, waiting })}`,
    ...steps.map((step) => `  ${iso(step.at)}  ${stepText(step)}`),
    ...unread.map(
      ({ queue, letter }) =>
        `  Its answer lies unread in ${queue}${queue === 'dead-letters' ? `: npx usher letters show ${letter.messageId} ${placeOf(options)}` : ''}.`,
    ),
    ...unseen.map((why) => `  Not looked at: ${printable(why)}`),
  ];
  return lines.join('\n');
}

const looks = {
  completed: 'green',
  'dead-lettered': 'yellow',
  'being retried': 'cyan',
  'being handled': 'cyan',
  waiting: 'cyan',
  'never seen': 'red',
} as const;

function meaning(
  whereabouts: Story['whereabouts'],
  { nextAt = 0, since, waiting }: { nextAt: number | undefined; since: number; waiting: number },
): string {
  switch (whereabouts) {
    case 'being retried':
      return nextAt > Date.now()
        ? `, and comes back at ${iso(nextAt)}.`
        : ', and may come back at any moment.';
    case 'waiting':
      return `, or never arrived: no log tells of it, and about ${waiting} requests wait, of which it may be one.`;
    case 'never seen':
      return `: no log since ${ago(since)} ago tells of it, and no request waits. See whether the producer sent it, to this stage.`;
    default:
      return '.';
  }
}

function stepText({ event, receives, code, delaySeconds, secret, httpStatus, messageId }: Step): string {
  const told = [
    event,
    receives !== undefined && `receive ${receives}`,
    code,
    httpStatus !== undefined && `HTTP ${httpStatus}`,
    secret !== undefined && `secret ${secret}`,
    delaySeconds !== undefined && `again in ${delaySeconds} s`,
    messageId,
  ];
  return printable(told.filter(Boolean).join(' · '));
}
