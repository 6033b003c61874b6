/** Recorded CloudEvents: one JSON object, an array, or JSON lines, in structured form. */
export type Recorded =
  /** `at` is the position in the input: `line 3`, `event 2`. */
  | { readonly at: string; readonly event: Readonly<Record<string, unknown>> }
  | { readonly at: string; readonly problem: string };

/** Parses JSON lines as they come. A document that spans several lines is read as a whole. */
export async function* readEvents(chunks: AsyncIterable<string | Buffer>): AsyncGenerator<Recorded, void> {
  let number = 0;
  /** A document that the first line opens and does not close, with all following lines. */
  let document: { lines: string[]; first: number } | undefined;
  for await (const line of linesOf(chunks)) {
    number++;
    if (document !== undefined) document.lines.push(line);
    else if (line.trim() === '') continue;
    else if (number === 1 && opens(line) && parse(line) === undefined) document = { lines: [line], first: number };
    else yield* fromLine(line, number);
  }
  if (document === undefined) return;
  const whole = parse(document.lines.join('\n'));
  if (whole !== undefined) return yield* fromWhole(whole.value);
  // It is not one document. Parsed as lines, perhaps only the first is broken.
  if (!document.lines.slice(1).some((line) => opens(line) && parse(line) !== undefined)) {
    yield { at: 'the whole input', problem: 'is neither JSON nor JSON lines' };
    return;
  }
  for (const [index, line] of document.lines.entries()) {
    if (line.trim() !== '') yield* fromLine(line, document.first + index);
  }
}

function* fromWhole(value: unknown): Generator<Recorded, void> {
  const events: unknown[] = Array.isArray(value) ? value : [value];
  for (const [index, event] of events.entries()) yield toRecorded(`event ${index + 1}`, event);
}

function* fromLine(line: string, number: number): Generator<Recorded, void> {
  const at = `line ${number}`;
  const parsed = parse(line);
  if (parsed === undefined) yield { at, problem: 'is not JSON' };
  else if (!Array.isArray(parsed.value)) yield toRecorded(at, parsed.value);
  else for (const [index, event] of parsed.value.entries()) yield toRecorded(`${at}, event ${index + 1}`, event);
}

/** Attributes that a broker adds before the dead letter sink; they do not belong to the event. */
const addedOnTheWay = /^knative(error.*|brokerttl|arrivaltime)$/;

function toRecorded(at: string, value: unknown): Recorded {
  if (typeof value !== 'object' || value === null) return { at, problem: 'is not an event' };
  return { at, event: Object.fromEntries(Object.entries(value).filter(([name]) => !addedOnTheWay.test(name))) };
}

const opens = (line: string): boolean => /^\s*[[{]/.test(line);

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

async function* linesOf(chunks: AsyncIterable<string | Buffer>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }))).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}
