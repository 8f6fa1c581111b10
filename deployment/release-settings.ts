import type { Settings } from './parameters.ts';
import { LEFT_OPEN, placeholderOf, RELEASE_STAGE } from './placeholders.ts';
import { type Reading, readSettings } from './settings.ts';

/** The defaults, with placeholders for what the release template leaves to whoever deploys it. */
export function releaseSettings(): Reading {
  const reading = readSettings(RELEASE_STAGE, {});
  const { stage: _, ...settings } = LEFT_OPEN;
  const open = Object.entries(settings).map(([name, parameter]) => {
    const isList = Array.isArray(reading.settings[name as keyof Settings]);
    return [name, isList ? [placeholderOf(parameter)] : placeholderOf(parameter)];
  });
  return { ...reading, settings: { ...reading.settings, ...Object.fromEntries(open) } };
}
