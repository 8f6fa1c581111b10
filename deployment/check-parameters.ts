import type { Serverless } from './osls-types.ts';

/** A plugin that refuses to package or deploy with wrong parameters; one error names every problem. */
export default class CheckParameters {
  readonly hooks: Readonly<Record<string, () => void>>;

  constructor(serverless: Serverless) {
    this.hooks = {
      'before:package:initialize': () => {
        const { problems } = serverless.service.custom;
        if (problems.length === 0) return;
        const lines = problems.map((problem) => `- ${problem}`);
        const message = `The parameters are wrong:\n${lines.join('\n')}`;
        throw new serverless.classes.Error(message, 'WRONG_PARAMETERS');
      },
    };
  }
}
