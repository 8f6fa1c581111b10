import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { region } from '../aws/service.ts';

export interface ContainerOptions {
  readonly name: string;
  /** A directory with `index.mjs`, which exports `handler`. */
  readonly artefact: string;
  /** All that the function sees besides Lambda's own variables; nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  /** Gets every line of standard output and standard error. */
  readonly onLog: (line: string) => void;
  /** Told of each invocation, however it ended. */
  readonly onReport?: ((report: InvocationReport) => void) | undefined;
}

/** What Lambda bills an invocation by, named as in its own `platform.report` lines; wall time, not rounded. */
export interface InvocationReport {
  readonly durationMs: number;
  /** From the start of the process to its first question for work; only of a container's first invocation. */
  readonly initDurationMs?: number;
}

const runtimeClient = createRequire(import.meta.url).resolve('aws-lambda-ric');
const compiledPart = new URL('./runtime-client.mjs', import.meta.url).href;

/** Runs the artefact against a Runtime API; resolves with the reason when the process has ended. */
export function run(options: ContainerOptions, runtimeApi: string, signal: AbortSignal): Promise<string> {
  const { artefact, memoryMb, onLog } = options;
  const child = spawn(
    process.execPath,
    [`--max-old-space-size=${memoryMb}`, '--import', compiledPart, runtimeClient, runtimeApi],
    {
      cwd: artefact,
      env: { ...options.environment, ...lambdaEnvironment(options, runtimeApi) },
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
      killSignal: 'SIGKILL',
    },
  );
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', onLog);
  }
  return new Promise((resolve) => {
    // Being killed is an error too; the end of the process follows it.
    child.on('error', () => {});
    child.on('close', (code, signalName) => resolve(reasonFor(code, signalName)));
  });
}

// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
function lambdaEnvironment({ name, artefact, memoryMb }: ContainerOptions, runtimeApi: string) {
  return {
    _HANDLER: 'index.handler',
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_LOG_FORMAT: 'JSON',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    AWS_LAMBDA_NODEJS_USE_ALTERNATIVE_CLIENT_1: 'true',
    AWS_LAMBDA_RUNTIME_API: runtimeApi,
    AWS_REGION: region,
    // Keeps the SDK from reading the configuration and credentials of whoever runs this.
    HOME: artefact,
    LAMBDA_TASK_ROOT: artefact,
    TZ: ':UTC',
  };
}

function reasonFor(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal !== null) return `Runtime exited with error: signal: ${signal}`;
  if (code === 0) return 'Runtime exited without providing a reason';
  return `Runtime exited with error: exit status ${code}`;
}
