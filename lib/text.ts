/** The text, cut to a number of code points; what is cut off costs nothing. */
export function shortened(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text;
  // A code point takes one or two code units.
  const characters = [...text.slice(0, 2 * maxCharacters + 1)];
  return characters.length > maxCharacters ? `${characters.slice(0, maxCharacters - 1).join('')}…` : text;
}
