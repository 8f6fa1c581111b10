import { Command } from 'commander';
import { build } from '../build/bundle.ts';
import { createProgress } from '../terminal/progress.ts';
import { printable, seconds } from '../terminal/text.ts';
import { paragraph, print, styled } from '../usher/print.ts';
import { scenario } from './scenario.ts';
import { DELAYS_SHORTENED, startTourWorld } from './world.ts';

const more = `
The very bundle that goes to Lambda runs in Lambda's own runtime client, against
a local SQS, Secrets Manager and a stand-in for Fireworks AI. Delays between
deliveries are ${DELAYS_SHORTENED} times shorter than in AWS; a minute of a pause goes by in a
moment. Ends with 1 where something did not go as it should.`;

await new Command('npm run tour')
  .description('Shows in two minutes what becomes of requests when everything goes wrong that can.')
  .addHelpText('after', more)
  .action(async () => {
    process.exitCode = await tour();
  })
  .parseAsync();

async function tour(): Promise<number> {
  using progress = createProgress(process.stderr);
  progress.show(() => 'Building the functions and starting the queues');
  await build();
  await using world = await startTourWorld((line) => progress.tell(printable(line)));
  // However this process ends, the functions end with it.
  process.once('exit', world.stack.functions.userRequested.kill);
  let failures = 0;
  for (const [index, { title, before, happens }] of scenario.entries()) {
    progress.aside(() => {
      print(styled('bold', `${index + 1}. ${title}`));
      print(paragraph(before, '   '));
    });
    progress.show(() => title);
    const proofs = await happens(world);
    failures += proofs.filter(({ holds }) => !holds).length;
    progress.aside(() => {
      for (const { holds, text } of proofs) print(`   ${mark(holds)} ${printable(text)}`);
      print();
    });
  }
  progress.end();
  const end =
    failures === 0 ? 'Everything went as it should' : `${failures} things did not go as they should`;
  print(`${end}, in ${seconds(progress.elapsedMs())}. Try it yourself: npm run local`);
  return failures === 0 ? 0 : 1;
}

function mark(holds: boolean): string {
  return holds ? styled('green', '✓') : styled('red', '✗');
}
