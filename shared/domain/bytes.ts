const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** `10 GiB`, `1.5 MiB`: at most one decimal. */
export function formatBytes(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < units.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${Number(value.toFixed(1))} ${units[unit]}`;
}
