/** The token of the next page; undefined on the last page. */
export function continueOf(body: unknown): string | undefined {
  const token = (body as { metadata?: { continue?: unknown } } | null | undefined)?.metadata?.continue;
  return typeof token === 'string' && token !== '' ? token : undefined;
}

/**
 * Extracts `metadata.continue` from the raw head and tail of a list, so that the next page can be requested before this
 * one is parsed (saves 2–20 % of a scan's wall time). Built-in kinds have their metadata before the items, custom
 * resources behind them. Each end is parsed as the list without its items, so that text inside an item is never
 * mistaken for the token. `undefined` if neither end parses; the caller verifies the token against the parsed page.
 */
export function continueIn(start: string, end: string): string | undefined {
  const items = start.indexOf('"items":[');
  if (items < 0) return undefined;
  const head = parsed(`${start.slice(0, items)}"items":[]}`);
  if (head === undefined) return undefined;
  if (head.metadata !== undefined) return continueOf(head);
  const metadata = end.lastIndexOf(',"metadata":{');
  return metadata < 0 ? undefined : continueOf(parsed(`{${end.slice(metadata + 1)}`));
}

function parsed(text: string): { readonly metadata?: unknown } | undefined {
  try {
    return JSON.parse(text) as { readonly metadata?: unknown };
  } catch {
    return undefined;
  }
}
