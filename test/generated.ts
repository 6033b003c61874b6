/**
 * Undefined where the file that is checked in is what the code renders to; else what to do, and the first line that
 * differs. `text` is undefined for a file that should not be there, `checkedIn` for one that is missing.
 */
export function staleness(
  path: string,
  checkedIn: string | undefined,
  text: string | undefined,
  command: string,
): string | undefined {
  if (checkedIn === text) return undefined;
  const todo = `run \`${command}\` and commit the result`;
  if (checkedIn === undefined) return `${path} is missing: ${todo}`;
  if (text === undefined) return `${path} is rendered from nothing any more: ${todo}`;
  const [is, should] = [checkedIn.split('\n'), text.split('\n')];
  const at = should.findIndex((line, i) => line !== is[i]);
  const line = at < 0 ? should.length : at;
  return `${path} is out of date: ${todo}. Line ${line + 1} is ${JSON.stringify(is[line])}, rendered is ${JSON.stringify(should[line])}`;
}
