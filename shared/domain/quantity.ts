const factors: Readonly<Record<string, number>> = {
  '': 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** Parses a Kubernetes quantity (`10Gi`, `500m`, `1e3`) into a number; `undefined` if it is invalid. */
export function parseQuantity(text: string | number | null | undefined): number | undefined {
  const [, number, suffix] =
    /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([a-zA-Z]{0,2})$/.exec(String(text ?? '')) ?? [];
  const factor = factors[suffix ?? 'none'];
  return number === undefined || factor === undefined ? undefined : Number(number) * factor;
}
