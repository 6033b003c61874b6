/** The token that asks for the next page; undefined on the last one. */
export function continueOf(body: unknown): string | undefined {
  const token = (body as { metadata?: { continue?: unknown } } | null | undefined)?.metadata?.continue;
  return typeof token === 'string' && token !== '' ? token : undefined;
}

/** What an answer holds beside its items is short. */
const LONGEST = 16 * 1024;

/**
 * The same from the text of a page, without parsing the items: so the server can be at work on the next page while this
 * one is parsed. A list of a built-in kind has its metadata before the items, one of a custom resource behind them. Both
 * ends are parsed as what they must be, the rest of an object without its items, so nothing in an item is taken for it.
 * Undefined where neither end is as expected; whoever asks by it still compares it with the parsed page.
 */
export function continueIn(text: string): string | undefined {
  const items = text.slice(0, LONGEST).indexOf('"items":[');
  if (items < 0) return undefined;
  const head = parsed(`${text.slice(0, items)}"items":[]}`);
  if (head === undefined) return undefined;
  if (head.metadata !== undefined) return continueOf(head);
  const tail = text.slice(-LONGEST);
  const metadata = tail.lastIndexOf(',"metadata":{');
  return metadata < 0 ? undefined : continueOf(parsed(`{${tail.slice(metadata + 1)}`));
}

function parsed(text: string): { readonly metadata?: unknown } | undefined {
  try {
    return JSON.parse(text) as { readonly metadata?: unknown };
  } catch {
    return undefined;
  }
}
