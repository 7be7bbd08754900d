// Numbers as people read them: counts, rates, bytes, durations.

const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const TENTHS = new Intl.NumberFormat('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** `1,234,567` */
export const formatCount = (count: number): string => WHOLE.format(count);

/** Events per second: `0`, `0.3`, `12.5`, `1,250`. */
export function formatRate(perSecond: number): string {
  if (perSecond < 0.05) return '0';
  return perSecond < 99.95 ? TENTHS.format(perSecond) : WHOLE.format(perSecond);
}

/** `512 B`, `1.5 KiB`, `64.0 MiB` */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${step === 0 ? WHOLE.format(bytes) : TENTHS.format(bytes / 1024 ** step)} ${units[step]}`;
}

/** `250 ms`, `1.5 s`, `4m 05s`, `2h 13m`, `3d 04h`; `never` for what does not end. */
export function formatDuration(seconds: number): string {
  if (seconds === Number.POSITIVE_INFINITY) return 'never';
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 59.95) return `${TENTHS.format(seconds)} s`;
  const whole = Math.round(seconds);
  const part = (unit: number, of: number) => String(Math.floor(whole / unit) % of).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${part(1, 60)}s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)}h ${part(60, 60)}m`;
  return `${Math.floor(whole / 86_400)}d ${part(3600, 24)}h`;
}
