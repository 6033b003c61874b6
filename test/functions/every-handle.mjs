/**
 * All functions in one stock runtime, by a header: `handle.ts` once for each of them, as each would be in a process of
 * its own.
 */
const handles = new Map();
for (const name of process.env.EVERY.split(',')) {
  process.env.FUNCTION = name;
  const one = await import(`../../functions/handle.ts?${name}`);
  one.init();
  handles.set(name, one);
}
const [any] = handles.values();

export const handle = (context, event) => handles.get(context.headers['x-function']).handle(context, event);
export const { liveness, readiness } = any;
export const shutdown = () => Promise.all([...handles.values()].map((one) => one.shutdown()));
