import { describe, expect, test } from 'vitest';
import { readConfig, readOutcomeConfig } from '../lib/config.ts';
import { providers } from '../lib/providers/index.ts';

const queues = 'https://sqs.eu-central-1.amazonaws.com/123456789012';
const required = {
  REQUEST_QUEUE_URL: `${queues}/requests`,
  COMPLETION_QUEUE_URL: `${queues}/completions`,
  DEAD_LETTER_QUEUE_URL: `${queues}/dead-letters`,
  MAX_RECEIVES: '15',
};

type Environment = Readonly<Record<string, string | undefined>>;

function read(environment: Environment) {
  return readConfig({ ...required, ...environment }, providers);
}

/** The variables that the one error names, in its order. */
function problemsOf(action: () => unknown): string[] {
  try {
    action();
  } catch (error) {
    if (error instanceof Error) return error.message.match(/\b[A-Z]+(?:_[A-Z]+)+\b/g) ?? [];
  }
  return [];
}

describe('The environment of user-requested', () => {
  test('needs no more than the queues and the last receive', () => {
    const { providers: settings, ...config } = read({});
    expect(config).toEqual({
      requestQueueUrl: `${queues}/requests`,
      completionQueueUrl: `${queues}/completions`,
      deadLetterQueueUrl: `${queues}/dead-letters`,
      maxReceives: 15,
      secretPrefix: 'usher/',
      eventSource: 'urn:usher:local',
      logLevel: 'INFO',
      providerConcurrency: 10,
    });
    expect([...settings.keys()]).toEqual(providers.map(({ name }) => name));
    expect(settings.get('fireworks')).toEqual({
      baseUrl: 'https://api.fireworks.ai',
      tokenUrl: '',
      allowedRoles: ['user', 'contributor', 'inference-user', 'custom'],
    });
    expect(settings.get('vectara')).toEqual({
      baseUrl: 'https://api.vectara.io',
      tokenUrl: 'https://auth.vectara.io/oauth2/token',
      allowedRoles: expect.any(Array),
    });
    expect(settings.get('scim')).toEqual({ baseUrl: '', tokenUrl: '', allowedRoles: [] });
  });

  test('allows of Vectara every documented role but those that own or administer the account', () => {
    const documented = [
      ...['owner', 'administrator', 'billing_administrator', 'corpus_administrator', 'corpus_developer'],
      ...['agent_administrator', 'agent_viewer', 'agent_developer', 'agent_user', 'pipeline_administrator'],
      ...['pipeline_viewer', 'viewer', 'corpus_viewer'],
    ];
    const forbidden = new Set(['owner', 'administrator', 'billing_administrator']);
    const allowed = documented.filter((role) => !forbidden.has(role));
    expect(read({}).providers.get('vectara')?.allowedRoles.toSorted()).toEqual(allowed.sort());
  });

  test('sets everything else', () => {
    const config = read({
      SECRET_PREFIX: 'team/usher/',
      EVENT_SOURCE: 'urn:usher:prod',
      FIREWORKS_ALLOWED_ROLES: 'user, custom',
      VECTARA_ALLOWED_API_ROLES: 'viewer',
      PROVIDER_CONCURRENCY: '1',
      LOG_LEVEL: 'DEBUG',
      MAX_RECEIVES: '1',
    });
    expect(config).toMatchObject({
      secretPrefix: 'team/usher/',
      eventSource: 'urn:usher:prod',
      providerConcurrency: 1,
      logLevel: 'DEBUG',
      maxReceives: 1,
    });
    expect(config.providers.get('fireworks')?.allowedRoles).toEqual(['user', 'custom']);
    expect(config.providers.get('vectara')?.allowedRoles).toEqual(['viewer']);
  });

  test('may keep secrets at the top', () => {
    expect(read({ SECRET_PREFIX: '' }).secretPrefix).toBe('');
  });

  test.each([
    ['https://proxy.example/fireworks', 'https://proxy.example/fireworks'],
    ['https://proxy.example/fireworks/', 'https://proxy.example/fireworks'],
    ['https://proxy.example/a/b//', 'https://proxy.example/a/b'],
    ['http://127.0.0.1:8080/', 'http://127.0.0.1:8080'],
    ['https://proxy.example', 'https://proxy.example'],
    [' https://proxy.example/a ', 'https://proxy.example/a'],
    ['https://proxy.example/a/?', 'https://proxy.example/a'],
    ['https://proxy.example/a/#', 'https://proxy.example/a'],
    ['HTTPS://Proxy.example/A', 'https://proxy.example/A'],
  ])('keeps the path of the URL %j and ignores a slash at its end', (url, expected) => {
    const config = read({
      FIREWORKS_BASE_URL: url,
      VECTARA_BASE_URL: url,
      VECTARA_TOKEN_URL: url,
      REQUEST_QUEUE_URL: url,
      COMPLETION_QUEUE_URL: url,
      DEAD_LETTER_QUEUE_URL: url,
    });
    expect(config).toMatchObject({
      requestQueueUrl: expected,
      completionQueueUrl: expected,
      deadLetterQueueUrl: expected,
    });
    expect(config.providers.get('fireworks')).toMatchObject({ baseUrl: expected });
    expect(config.providers.get('vectara')).toMatchObject({ baseUrl: expected, tokenUrl: expected });
  });

  const urls = [
    ...['REQUEST_QUEUE_URL', 'COMPLETION_QUEUE_URL', 'DEAD_LETTER_QUEUE_URL'],
    ...['FIREWORKS_BASE_URL', 'VECTARA_BASE_URL', 'VECTARA_TOKEN_URL'],
  ];
  const noUrls = [
    '',
    ' ',
    '/path',
    'api.example',
    'ftp://x',
    'file:///x',
    'xhttp://x',
    'https://',
    'arn:aws:sqs:x:1:q',
  ];
  const impure = ['https://x/?a=1', 'https://x/#a', 'https://user@x/', 'https://:password@x/'];

  test.each(urls)('is wrong where %s is no plain URL', (variable) => {
    for (const url of [...noUrls, ...impure]) {
      expect([url, problemsOf(() => read({ [variable]: url }))]).toEqual([url, [variable]]);
    }
  });

  test.each(Object.keys(required))('is wrong where %s is missing', (variable) => {
    expect(problemsOf(() => read({ [variable]: undefined }))).toEqual([variable]);
  });

  test.each([
    ['MAX_RECEIVES', ['', '0', '-1', '1.5', '1e1', '0x1', ' 1', 'ten', '٣', 'Infinity', '9'.repeat(20)]],
    ['PROVIDER_CONCURRENCY', ['', '0', '-1', '1.5', 'many']],
    ['LOG_LEVEL', ['', 'info', 'TRACE', 'toString']],
    ['EVENT_SOURCE', ['']],
    ['FIREWORKS_ALLOWED_ROLES', ['', ',', 'user,', 'user,,custom', ' ']],
    ['VECTARA_ALLOWED_API_ROLES', ['', 'viewer,']],
  ])('is wrong where %s is one of %j', (variable, values) => {
    for (const value of values) {
      expect([value, problemsOf(() => read({ [variable]: value }))]).toEqual([value, [variable]]);
    }
  });

  test('is told wrong with every problem at once', () => {
    const environment = {
      COMPLETION_QUEUE_URL: 'nowhere',
      DEAD_LETTER_QUEUE_URL: '',
      MAX_RECEIVES: '0',
      PROVIDER_CONCURRENCY: 'x',
      LOG_LEVEL: 'x',
      EVENT_SOURCE: '',
      FIREWORKS_BASE_URL: 'x',
      FIREWORKS_ALLOWED_ROLES: '',
      VECTARA_BASE_URL: 'x',
      VECTARA_TOKEN_URL: 'x',
      VECTARA_ALLOWED_API_ROLES: '',
    };
    expect(problemsOf(() => readConfig(environment, providers)).sort()).toEqual(
      ['REQUEST_QUEUE_URL', ...Object.keys(environment)].sort(),
    );
  });

  test('is told wrong with what each variable must be', () => {
    const wrong = {
      MAX_RECEIVES: '0',
      EVENT_SOURCE: '',
      FIREWORKS_BASE_URL: 'x',
      VECTARA_ALLOWED_API_ROLES: ',',
    };
    expect(() => read({ ...wrong, REQUEST_QUEUE_URL: undefined, LOG_LEVEL: 'TRACE' })).toThrow(
      `The environment of the function is wrong: ${[
        'EVENT_SOURCE must not be empty',
        'LOG_LEVEL must be "DEBUG" or "INFO" or "WARN" or "ERROR"',
        'REQUEST_QUEUE_URL is required',
        'MAX_RECEIVES must be a whole number from 1',
        'FIREWORKS_BASE_URL must be an http or https URL without query, fragment or user',
        'VECTARA_ALLOWED_API_ROLES must be a comma-separated list',
      ].join('; ')}.`,
    );
  });

  test('is told wrong without the values that were wrong', () => {
    expect(() => read({ VECTARA_BASE_URL: 'https://canary:canary@x/', MAX_RECEIVES: 'canary' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('canary') }),
    );
  });
});

describe('The environment of request-exhausted', () => {
  const deadLetters = { DEAD_LETTER_QUEUE_URL: `${queues}/dead-letters/` };

  test('needs no more than the dead-letter queue', () => {
    expect(readOutcomeConfig(deadLetters)).toEqual({
      deadLetterQueueUrl: `${queues}/dead-letters`,
      eventSource: 'urn:usher:local',
      logLevel: 'INFO',
    });
  });

  test('names the queue of the product where dead letters are copied to it, and not otherwise', () => {
    const completions = { COMPLETION_QUEUE_URL: `${queues}/completions` };
    const copying = { ...deadLetters, ...completions, COPY_DEAD_LETTERS: 'true' };
    expect(readOutcomeConfig(copying).copyQueueUrl).toBe(`${queues}/completions`);
    expect(readConfig({ ...required, ...copying }, providers).copyQueueUrl).toBe(`${queues}/completions`);
    for (const COPY_DEAD_LETTERS of ['false', undefined]) {
      expect(readOutcomeConfig({ ...copying, COPY_DEAD_LETTERS }).copyQueueUrl).toBeUndefined();
      expect(
        readConfig({ ...required, ...copying, COPY_DEAD_LETTERS }, providers).copyQueueUrl,
      ).toBeUndefined();
    }
  });

  test.each([
    [{ COPY_DEAD_LETTERS: 'true' }, 'COMPLETION_QUEUE_URL is required'],
    [{ COPY_DEAD_LETTERS: 'yes' }, 'COPY_DEAD_LETTERS must be'],
    [{ COPY_DEAD_LETTERS: '' }, 'COPY_DEAD_LETTERS must be'],
  ])('is wrong with %j', (variables, problem) => {
    expect(() => readOutcomeConfig({ ...deadLetters, ...variables })).toThrow(problem);
  });

  test('is told wrong with what each variable must be', () => {
    expect(() => readOutcomeConfig({ EVENT_SOURCE: '' })).toThrow(
      'The environment of the function is wrong: DEAD_LETTER_QUEUE_URL is required; EVENT_SOURCE must not be empty.',
    );
  });

  test('does not mind what is none of its business', () => {
    const wrong = { MAX_RECEIVES: 'x', REQUEST_QUEUE_URL: '', FIREWORKS_BASE_URL: 'x' };
    expect(readOutcomeConfig({ ...deadLetters, ...wrong, LOG_LEVEL: 'ERROR' }).logLevel).toBe('ERROR');
  });

  test('is told wrong with every problem at once', () => {
    expect(problemsOf(() => readOutcomeConfig({ EVENT_SOURCE: '', LOG_LEVEL: '' })).sort()).toEqual([
      'DEAD_LETTER_QUEUE_URL',
      'EVENT_SOURCE',
      'LOG_LEVEL',
    ]);
  });
});
