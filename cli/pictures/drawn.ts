import { delaysPicture } from './delays-picture.ts';
import { gatePicture, journeyPicture } from './diagrams.ts';

/** The pictures that are the same each time, by the names of their files in `docs/pictures/`. */
export const drawn: ReadonlyMap<string, () => string> = new Map([
  ['delays.svg', delaysPicture],
  ['journey.svg', journeyPicture],
  ['gate.svg', gatePicture],
]);
