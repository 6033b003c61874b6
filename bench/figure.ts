/** One line of bench/results.json. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The minimal implementation of the same task, measured in the same run. */
  readonly baseline: number;
  /** Value divided by baseline; for absolute goals, value minus baseline. */
  readonly ratio: number;
  readonly goal: string;
  readonly met: boolean;
  /** What was measured and, if the goal is missed, by how much and why. */
  readonly note?: string;
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
};

const round = (value: number): number => Math.round(value * 100) / 100;

/** A figure whose goal is a ratio to its baseline, at most or (`atLeast`) at least. */
export function ratioFigure(given: {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly baseline: number;
  readonly goal: number;
  readonly atLeast?: boolean;
  readonly note?: string;
}): Figure {
  const { name, unit, value, baseline, goal, atLeast = false, note } = given;
  const ratio = value / baseline;
  return {
    name,
    value: round(value),
    unit,
    baseline: round(baseline),
    ratio: round(ratio),
    goal: `${atLeast ? '>=' : '<='} ${goal} x`,
    met: atLeast ? ratio >= goal : ratio <= goal,
    ...(note !== undefined && { note }),
  };
}

/** A figure whose goal is a difference from its baseline. */
export function distanceFigure(given: {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly baseline: number;
  readonly goal: number;
  readonly note?: string;
}): Figure {
  const { name, unit, value, baseline, goal, note } = given;
  return {
    name,
    value: round(value),
    unit,
    baseline: round(baseline),
    ratio: round(value - baseline),
    goal: `<= baseline + ${goal}`,
    met: value - baseline <= goal,
    ...(note !== undefined && { note }),
  };
}
