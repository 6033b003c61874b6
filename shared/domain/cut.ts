/**
 * The beginning of a text, at most `bytes` long in UTF-8: the unit in which the API server counts most of its limits. Never
 * ends within a code point. Half a surrogate pair becomes U+FFFD, which is what an encoder would send for it.
 */
export function cutToBytes(text: string, bytes: number): string {
  // No code unit takes more than three bytes.
  if (text.length * 3 <= bytes) return text.toWellFormed();
  const { read } = encoder.encodeInto(text, new Uint8Array(bytes));
  return text.slice(0, read).toWellFormed();
}

const encoder = new TextEncoder();
