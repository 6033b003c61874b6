/** A reader of Prometheus' text format, strict about what its grammar allows. Does not: histograms, timestamps. */
export interface Parsed {
  readonly type: string;
  readonly help: string;
  readonly samples: ReadonlyMap<string, number>;
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABELS = /^(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"(?:,|$))*$/;

/** Families by name; samples by their labels as they stand there. @throws where a line is not of the format */
export function parseExposition(text: string): Map<string, Parsed> {
  const families = new Map<string, { type: string; help: string; samples: Map<string, number> }>();
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line does not end');
  let help: readonly [string, string] | undefined;
  let current: string | undefined;
  for (const line of text.split('\n').slice(0, -1)) {
    const [, word, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (word === 'HELP') {
      if (!NAME.test(name) || families.has(name)) throw new Error(`bad or repeated family: ${line}`);
      help = [name, rest];
    } else if (word === 'TYPE') {
      if (help?.[0] !== name || !/^(counter|gauge)$/.test(rest)) throw new Error(`bad type: ${line}`);
      families.set(name, { type: rest, help: help[1], samples: new Map() });
      current = name;
    } else {
      const [, of = '', labels = '', value = ''] = /^([^{ ]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      if (of !== current || !LABELS.test(labels) || value === '' || Number.isNaN(Number(value)))
        throw new Error(`bad sample: ${line}`);
      const { samples } = families.get(of)!;
      if (samples.has(labels)) throw new Error(`series twice: ${line}`);
      samples.set(labels, Number(value));
    }
  }
  return families;
}
