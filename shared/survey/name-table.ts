/**
 * Maps names to 32 bits each, for hundreds of thousands of names. Saves 64 MiB over a `Map` in a large scan (bench
 * `scan`, memory): 12 bytes a slot outside the heap, which the garbage collector does not walk.
 *
 * Keeps 64 bits of hash instead of the name, so two names may be taken for one (once in many billions): good enough to
 * skip what is healthy, never to write by. Open addressing with linear probing; a slot holds both halves of the hash,
 * the bits and the numbers side by side, because a large table does not fit the CPU caches and each access costs a
 * miss.
 */
export class NameTable {
  readonly #width: number;
  #slots: Int32Array<ArrayBuffer>;
  #length = FEWEST;
  #size = 0;

  /** @param options.numbers how many numbers a name has beside its bits, at 4 bytes a slot each; default 0 */
  constructor({ numbers = 0 }: { readonly numbers?: number } = {}) {
    this.#width = NUMBER + numbers;
    this.#slots = new Int32Array(this.#length * this.#width);
  }

  /** The bits of a name, 0 if it is not there. Look up the name of a namespaced object with its namespace. */
  get(name: string, namespace?: string): number {
    return this.#size === 0 ? 0 : (this.#slots[this.#slot(name, namespace) + BITS] ?? 0) >>> 0;
  }

  /**
   * A number beside the bits; 0 if none was noted or the name is not there.
   * @throws RangeError if the table was made without this number
   */
  numberOf(name: string, namespace?: string, which = 0): number {
    this.#mustHave(which);
    if (this.#size === 0) return 0;
    return (this.#slots[this.#slot(name, namespace) + NUMBER + which] ?? 0) >>> 0;
  }

  /**
   * Sets a number of a name that is there.
   * @throws RangeError if the name is not there, or the table was made without this number
   */
  note(name: string, number: number, namespace?: string, which = 0): void {
    this.#mustHave(which);
    const slot = this.#slot(name, namespace);
    if (this.#slots[slot + BITS] === 0) throw new RangeError(`there is no ${name}`);
    this.#slots[slot + NUMBER + which] = number;
  }

  #mustHave(which: number): void {
    if (NUMBER + which >= this.#width) throw new RangeError(`this table has no number ${which}`);
  }

  /** Sets bits of a name, and adds the name if it is not there. Returns its bits from before, 0 for a new name. */
  add(name: string, bits: number, namespace?: string): number {
    if (this.#size >= this.#length * FULLEST) this.#grow();
    const slots = this.#slots;
    const slot = this.#slot(name, namespace);
    const before = slots[slot + BITS] ?? 0;
    if (before === 0) {
      this.#size++;
      slots[slot + HIGH] = high;
      slots[slot + LOW] = low;
    }
    slots[slot + BITS] = before | bits;
    return before >>> 0;
  }

  /** Sets bits of a name that is there. Returns its bits from before; 0, without effect, if it is not there. */
  mark(name: string, bits: number, namespace?: string): number {
    if (this.#size === 0) return 0;
    const slot = this.#slot(name, namespace);
    const before = this.#slots[slot + BITS] ?? 0;
    if (before !== 0) this.#slots[slot + BITS] = before | bits;
    return before >>> 0;
  }

  /** Whether the bits of any name pass the test. */
  some(test: (value: number) => boolean): boolean {
    for (let at = BITS; at < this.#slots.length; at += this.#width) {
      const value = (this.#slots[at] ?? 0) >>> 0;
      if (value !== 0 && test(value)) return true;
    }
    return false;
  }

  #slot(name: string, namespace: string | undefined): number {
    hashBoth(name, namespace);
    return this.#place(high, low);
  }

  /** Where the slot of a name begins, or the empty one where it belongs. An empty slot has the value 0. */
  #place(ofHigh: number, ofLow: number): number {
    const [slots, width, mask] = [this.#slots, this.#width, this.#length - 1];
    let slot = ofLow & mask;
    for (;;) {
      const at = slot * width;
      if (slots[at + BITS] === 0 || (slots[at + LOW] === ofLow && slots[at + HIGH] === ofHigh)) return at;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    const [old, width] = [this.#slots, this.#width];
    this.#length *= 2;
    this.#slots = new Int32Array(this.#length * width);
    for (let from = 0; from < old.length; from += width) {
      if (old[from + BITS] === 0) continue;
      const to = this.#place(old[from + HIGH] ?? 0, old[from + LOW] ?? 0);
      for (let part = 0; part < width; part++) this.#slots[to + part] = old[from + part] ?? 0;
    }
    // Detach the old buffer now: V8 counts only the small wrapper, so it would free the megabytes late.
    old.buffer.transfer(0);
  }
}

/** The parts of a slot. */
const HIGH = 0;
const LOW = 1;
const BITS = 2;
const NUMBER = 3;

const FEWEST = 1024;
/** Load factor at which the table doubles: probing reads neighbouring slots, which are in the same cache lines. */
const FULLEST = 0.8;
const SEED = 0x811c9dc5 | 0;
const OTHER_SEED = 0x9747b28c | 0;
const PRIME = 0x01000193;
const SLASH = 47;

/** The result of {@link hashBoth}: returning two numbers would allocate an object per lookup. */
let high = 0;
let low = 0;

/**
 * The last names hashed, with their namespaces and hashes: every function looks up the same few names of a VMBackup,
 * each in several tables.
 */
const REMEMBERED = 4;
const lastNames = new Array<string | undefined>(REMEMBERED).fill(undefined);
const lastNamespaces = new Array<string | undefined>(REMEMBERED).fill(undefined);
const lastHashes = new Int32Array(2 * REMEMBERED);
let oldest = 0;

/** The hash state after the namespace and the slash, for the namespace used last. */
let begunFor: string | undefined;
let begunOne = SEED;
let begunOther = OTHER_SEED;

function hashBoth(name: string, namespace: string | undefined): void {
  for (let at = 0; at < REMEMBERED; at++) {
    if (name !== lastNames[at] || namespace !== lastNamespaces[at]) continue;
    high = lastHashes[2 * at] ?? 0;
    low = lastHashes[2 * at + 1] ?? 0;
    return;
  }
  if (namespace !== begunFor) begin(namespace);
  let one = begunOne;
  let other = begunOther;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    one = Math.imul(one ^ code, PRIME);
    other = Math.imul(other ^ code, PRIME);
  }
  high = mixed(one);
  low = mixed(other);
  lastNames[oldest] = name;
  lastNamespaces[oldest] = namespace;
  lastHashes[2 * oldest] = high;
  lastHashes[2 * oldest + 1] = low;
  oldest = (oldest + 1) % REMEMBERED;
}

function begin(namespace: string | undefined): void {
  begunFor = namespace;
  begunOne = SEED;
  begunOther = OTHER_SEED;
  if (namespace === undefined) return;
  for (let i = 0; i < namespace.length; i++) {
    const code = namespace.charCodeAt(i);
    begunOne = Math.imul(begunOne ^ code, PRIME);
    begunOther = Math.imul(begunOther ^ code, PRIME);
  }
  begunOne = Math.imul(begunOne ^ SLASH, PRIME);
  begunOther = Math.imul(begunOther ^ SLASH, PRIME);
}

/** FNV-1a with a final mix (murmur3's), 32 bits. */
export function hash(text: string): number {
  hashBoth(text, undefined);
  return high >>> 0;
}

function mixed(h: number): number {
  let m = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  m = Math.imul(m ^ (m >>> 13), 0xc2b2ae35);
  return m ^ (m >>> 16);
}
