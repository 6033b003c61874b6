/**
 * The beginning of a text, at most `bytes` long in UTF-8, the unit of most limits of the API server. Never splits a
 * code point. A lone surrogate becomes U+FFFD, as an encoder would send it.
 */
export function cutToBytes(text: string, bytes: number): string {
  // A code unit takes at most three bytes.
  if (text.length * 3 <= bytes) return text.toWellFormed();
  const { read } = encoder.encodeInto(text, new Uint8Array(bytes));
  return text.slice(0, read).toWellFormed();
}

const encoder = new TextEncoder();
