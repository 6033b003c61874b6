/** The token that asks for the next page; undefined on the last one. */
export function continueOf(body: unknown): string | undefined {
  const token = (body as { metadata?: { continue?: unknown } } | null | undefined)?.metadata?.continue;
  return typeof token === 'string' && token !== '' ? token : undefined;
}

/**
 * The same from how a page begins and ends, without its items: so the server can be at work on the next page while this
 * one is parsed. A list of a built-in kind has its metadata before the items, one of a custom resource behind them. Both
 * ends are parsed as what they must be, the rest of an object without its items, so nothing in an item is taken for it.
 * Undefined where neither end is as expected; whoever asks by it still compares it with the parsed page.
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
