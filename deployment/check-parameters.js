/** A plugin that refuses to package or deploy with wrong parameters; one error names every problem. */
export default class CheckParameters {
  constructor(serverless) {
    const { Error: ServiceError } = serverless.classes;
    this.hooks = {
      'before:package:initialize': () => {
        const { params } = serverless.configurationInput;
        const given = serverless.processedInput.options.param ?? [];
        const problems = [
          ...serverless.service.custom.parameterProblems,
          ...unknownNames(given, Object.keys(params.default)),
        ];
        if (problems.length === 0) return;
        const lines = problems.map((problem) => `- ${problem}`);
        throw new ServiceError(`The parameters are wrong:\n${lines.join('\n')}`, 'WRONG_PARAMETERS');
      },
    };
  }
}

/** A misspelt name would otherwise change nothing and be noticed by nobody. */
function unknownNames(given, known) {
  const names = given.map((parameter) => parameter.split('=', 1)[0]);
  const told = known.join(', ');
  return names
    .filter((name) => !known.includes(name))
    .map((name) => `there is no ${name}; there are ${told}`);
}
