import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { type Reading, readSettings } from './settings.ts';

/** Where a stage's parameters stand, from the project's folder. */
export const stageFile = (stage: string) => `deployment/stage.${stage}.yml`;

/** Reads a stage's parameters from its file, if there is one, and the command line. */
export async function readStage(stage: string, params: readonly string[]): Promise<Reading> {
  const written = await readFile(
    fileURLToPath(new URL(`../${stageFile(stage)}`, import.meta.url)),
    'utf8',
  ).catch(absent);
  try {
    return readSettings(stage, { file: written && parse(written), params });
  } catch (error) {
    const { settings, sources } = readSettings(stage, { params });
    const reason = error instanceof Error ? error.message.split('\n', 1)[0] : 'it cannot be read';
    return { settings, sources, problems: [`${stageFile(stage)} is not YAML: ${reason}`] };
  }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
