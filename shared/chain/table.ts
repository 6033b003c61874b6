/**
 * A map from names to small numbers for hundreds of thousands of names: twelve bytes a slot, nothing for the garbage
 * collector to walk. Names are kept as 64 bits of hash, so two of them may, once in many billions, be taken for one:
 * good enough to pass over what is fine, never to write by.
 */
export class NameTable {
  #high = new Uint32Array(1024);
  #low = new Uint32Array(1024);
  #values = new Uint32Array(1024);
  #size = 0;

  /** 0 for a name that is not there. */
  get(name: string): number {
    return this.#values[this.#slot(hash(name, SEED), hash(name, OTHER_SEED))] ?? 0;
  }

  /** Sets further bits of a name's value. */
  add(name: string, bits: number): void {
    if (this.#size * 2 >= this.#values.length) this.#grow();
    const [high, low] = [hash(name, SEED), hash(name, OTHER_SEED)];
    const slot = this.#slot(high, low);
    if (this.#values[slot] === 0) this.#size++;
    this.#high[slot] = high;
    this.#low[slot] = low;
    this.#values[slot] = (this.#values[slot] ?? 0) | bits;
  }

  /** Whether any name's value is so. */
  some(test: (value: number) => boolean): boolean {
    return this.#values.some((value) => value !== 0 && test(value));
  }

  /** The slot of a name, or the empty one where it belongs. An empty slot has the value 0. */
  #slot(high: number, low: number): number {
    const mask = this.#values.length - 1;
    let slot = low & mask;
    while (this.#values[slot] !== 0 && (this.#low[slot] !== low || this.#high[slot] !== high)) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const [high, low, values] = [this.#high, this.#low, this.#values];
    this.#high = new Uint32Array(values.length * 2);
    this.#low = new Uint32Array(values.length * 2);
    this.#values = new Uint32Array(values.length * 2);
    for (let i = 0; i < values.length; i++) {
      if (values[i] === 0) continue;
      const slot = this.#slot(high[i] ?? 0, low[i] ?? 0);
      this.#high[slot] = high[i] ?? 0;
      this.#low[slot] = low[i] ?? 0;
      this.#values[slot] = values[i] ?? 0;
    }
  }
}

const SEED = 0x811c9dc5;
const OTHER_SEED = 0x9747b28c;

/** FNV-1a with a final mix (murmur3's), 32 bits. */
export function hash(text: string, seed = SEED): number {
  let h = seed;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
