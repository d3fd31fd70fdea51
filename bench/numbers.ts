/** Summary statistics of many durations. Milliseconds. */
export interface Durations {
  count: number;
  min: number;
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

export function summarize(milliseconds: readonly number[]): Durations {
  const sorted = Float64Array.from(milliseconds).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
  return { count: sorted.length, min: at(0), p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}

export function median(values: readonly number[]): number {
  return summarize(values).p50;
}

/** With three significant digits and thousands separators. */
export function show(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString("en", { maximumFractionDigits: digits }).replaceAll(",", " ");
}

export const showMilliseconds = (value: number) => `${show(value)} ms`;
export const showSeconds = (milliseconds: number) => `${show(milliseconds / 1000)} s`;
export const showMegabytes = (bytes: number) => `${show(bytes / 1e6)} MB`;
export const showPercent = (share: number) => `${show(share * 100)} %`;
export const showTimes = (ratio: number) => `${show(ratio)} ×`;
