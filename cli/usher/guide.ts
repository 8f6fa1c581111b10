import type { Command } from 'commander';
import * as z from 'zod';
import { createProgram } from './program.ts';
import { shapes } from './shapes.ts';

const TITLE = `# The operator's command

\`npx usher\` looks after a deployment: in a clone of this repository, after \`npm ci\`, with the credentials that the AWS CLI uses. This page is made from the command's own help by \`npm run guide\`; [operations.md](operations.md) says when to use which.

- **Where.** \`--stage prod\` (or \`USHER_STAGE\`), in the region of the terminal (\`--region\`, \`AWS_REGION\`, the profile's); \`--local\` for what \`npm run local\` keeps running. Account, region, stage and version are shown first, on standard error. The policy \`OperatorPolicyArn\` of the stack's outputs allows all of it but reading and changing secrets, for which \`secretsmanager:GetSecretValue\`, \`PutSecretValue\` and \`CreateSecret\` on the stage's secrets are needed.
- **Looking changes nothing.** Letters that are looked at are taken for the length of the look and given back at its end, on Ctrl-C too; a look that is killed hides them for five minutes at most. A queue that moves messages elsewhere after some receives is not looked into.
- **Acting is safe.** What changes something is only told, unless you say \`--confirm\`, or yes at a terminal. A letter is sent, then confirmed, then deleted: killed in between, it is there twice at most, which is harmless. Ctrl-C ends after the present batch, and the same command goes on. Each action is a line of JSON in the audit file: who (by STS), what, where and why.
- **Letters are data.** Nothing in them is executed or expanded, and control characters never reach the terminal. E-mails, names and keys are masked unless you say \`--show-personal\`.
- **For machines.** \`--json\` prints one document; its shape is below each command, and gets members added, never taken away, within a major version. \`Site\` is \`{ stage, region, account, caller, version? }\`, a \`time\` is RFC 3339.
- **Exit status.** 0 done, 1 something is wrong with what was looked at, 2 wrong use, 3 not allowed or not reachable.
- **Completion.** \`alias usher='npx usher'; source <(npx usher complete bash)\`, and likewise for zsh and fish.
`;

/** The whole of docs/operator.md. */
export function guide(): string {
  return `${[TITLE, ...sections(createProgram())].join('\n')}`;
}

function sections(program: Command): string[] {
  return program.commands.flatMap((command) => [section(command), ...command.commands.map(section)]);
}

function section(command: Command): string {
  const name = nameOf(command);
  const shape = Object.hasOwn(shapes, name) ? shapes[name as keyof typeof shapes] : undefined;
  const json = shape ? `\nWith \`--json\`:\n\n\`\`\`text\n${typeText(z.toJSONSchema(shape))}\n\`\`\`\n` : '';
  return `## usher ${name}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\`\n${json}`;
}

function nameOf(command: Command): string {
  const { parent } = command;
  return parent?.parent ? `${nameOf(parent)} ${command.name()}` : command.name();
}

/** With what is added to it, as a terminal shows it. */
function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut(written) {
      text += written;
    },
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text.trim();
}

type Schema = z.core.JSONSchema.BaseSchema;

/** A shape as TypeScript would write it; `site` is the same everywhere. */
function typeText(schema: Schema, indent = ''): string {
  const { type, enum: values, items, properties, required = [], additionalProperties } = schema;
  if (values) return values.map((value) => JSON.stringify(value)).join(' | ');
  if (type === 'array') return `${typeText(Object(items), indent)}[]`;
  if (type !== 'object') return schema.format === 'date-time' ? 'time' : String(type ?? 'anything');
  if (properties === undefined) return `{ [name]: ${typeText(Object(additionalProperties), indent)} }`;
  const deeper = `${indent}  `;
  const members = Object.entries(properties).map(([name, member]) => {
    const told = name === 'site' ? 'Site' : typeText(Object(member), deeper);
    return `${deeper}${name}${required.includes(name) ? '' : '?'}: ${told}`;
  });
  return ['{', ...members, `${indent}}`].join('\n');
}
