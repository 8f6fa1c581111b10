/** A plugin that refuses to package or deploy with wrong parameters; one error names every problem. */
export default class CheckParameters {
  constructor(serverless) {
    const { Error: ServiceError } = serverless.classes;
    this.hooks = {
      'before:package:initialize': () => {
        const { parameterProblems } = serverless.service.custom;
        if (parameterProblems.length === 0) return;
        const lines = parameterProblems.map((problem) => `- ${problem}`);
        throw new ServiceError(
          `The parameters in serverless.yml are wrong:\n${lines.join('\n')}`,
          'WRONG_PARAMETERS',
        );
      },
    };
  }
}
