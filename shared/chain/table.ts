/**
 * A map from names to small numbers for hundreds of thousands of names: twelve bytes a slot, nothing for the garbage
 * collector to walk. Names are kept as 64 bits of hash, so two of them may, once in many billions, be taken for one:
 * good enough to pass over what is fine, never to write by.
 */
export class NameTable {
  #high = new Int32Array(FEWEST);
  #low = new Int32Array(FEWEST);
  #bits = new Uint32Array(FEWEST);
  /** Four bytes more a slot, where somebody uses them. */
  #numbers: Uint32Array | undefined;
  #size = 0;

  /** 0 for a name that is not there. A namespaced object's name is looked up with its namespace. */
  get(name: string, namespace?: string): number {
    return this.#bits[this.#slot(name, namespace)] ?? 0;
  }

  /** The number beside the bits; 0 where none was given. */
  numberOf(name: string, namespace?: string): number {
    return this.#numbers?.[this.#slot(name, namespace)] ?? 0;
  }

  /** Sets further bits of a name's value, and the number beside them where one is given. */
  add(name: string, bits: number, namespace?: string, number = 0): void {
    if (this.#size * 2 >= this.#bits.length) this.#grow();
    const slot = this.#slot(name, namespace);
    const before = this.#bits[slot] ?? 0;
    if (before === 0) {
      this.#size++;
      this.#high[slot] = high;
      this.#low[slot] = low;
    }
    this.#bits[slot] = before | bits;
    if (number === 0) return;
    this.#numbers ??= new Uint32Array(this.#bits.length);
    this.#numbers[slot] = number;
  }

  /** Sets further bits of a name that is there; answers its value from before, 0 for one that is not. */
  mark(name: string, bits: number, namespace?: string): number {
    const slot = this.#slot(name, namespace);
    const before = this.#bits[slot] ?? 0;
    if (before !== 0) this.#bits[slot] = before | bits;
    return before;
  }

  /** Whether any name's value is so. */
  some(test: (value: number) => boolean): boolean {
    return this.#bits.some((value) => value !== 0 && test(value));
  }

  #slot(name: string, namespace: string | undefined): number {
    hashBoth(name, namespace);
    return this.#place(high, low);
  }

  /** The slot of a name, or the empty one where it belongs. An empty slot has the value 0. */
  #place(ofHigh: number, ofLow: number): number {
    const mask = this.#bits.length - 1;
    let slot = ofLow & mask;
    while (this.#bits[slot] !== 0 && (this.#low[slot] !== ofLow || this.#high[slot] !== ofHigh)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #grow(): void {
    const [highs, lows, bits, numbers] = [this.#high, this.#low, this.#bits, this.#numbers];
    const length = bits.length * 2;
    this.#high = new Int32Array(length);
    this.#low = new Int32Array(length);
    this.#bits = new Uint32Array(length);
    if (numbers !== undefined) this.#numbers = new Uint32Array(length);
    for (let i = 0; i < bits.length; i++) {
      if (bits[i] === 0) continue;
      const slot = this.#place(highs[i] ?? 0, lows[i] ?? 0);
      this.#high[slot] = highs[i] ?? 0;
      this.#low[slot] = lows[i] ?? 0;
      this.#bits[slot] = bits[i] ?? 0;
      if (numbers !== undefined) this.#numbers![slot] = numbers[i] ?? 0;
    }
  }
}

const FEWEST = 1024;
const SEED = 0x811c9dc5 | 0;
const OTHER_SEED = 0x9747b28c | 0;
const PRIME = 0x01000193;
const SLASH = 47;

/** What {@link hashBoth} found last: two numbers cannot be returned without making an object of them. */
let high = 0;
let low = 0;

function hashBoth(name: string, namespace: string | undefined): void {
  let one = SEED;
  let other = OTHER_SEED;
  if (namespace !== undefined) {
    for (let i = 0; i < namespace.length; i++) {
      const code = namespace.charCodeAt(i);
      one = Math.imul(one ^ code, PRIME);
      other = Math.imul(other ^ code, PRIME);
    }
    one = Math.imul(one ^ SLASH, PRIME);
    other = Math.imul(other ^ SLASH, PRIME);
  }
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    one = Math.imul(one ^ code, PRIME);
    other = Math.imul(other ^ code, PRIME);
  }
  high = mixed(one);
  low = mixed(other);
}

/** FNV-1a with a final mix (murmur3's), 32 bits. */
export function hash(text: string): number {
  let h = SEED;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), PRIME);
  return mixed(h) >>> 0;
}

function mixed(h: number): number {
  let m = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  m = Math.imul(m ^ (m >>> 13), 0xc2b2ae35);
  return m ^ (m >>> 16);
}
