import type { Capabilities, Limit } from "../../model/capabilities.ts";

/**
 * Which ratios of width to height a platform accepts of an image, as one of so many files of a post; null: any. By the
 * placement in its settings, or those that are chosen by default.
 */
export function wantedRatio({ placements }: Capabilities, placement: unknown, count: number): Limit | null {
  const chosen = placements.filter(({ name, byDefault }) =>
    typeof placement === "string" ? name === placement : byDefault || placements.length === 1,
  );
  const limits = chosen
    .flatMap(({ shapes }) => shapes)
    .filter(({ image, items }) => image !== undefined && items.min <= count && count <= items.max)
    .map(({ image }) => image?.limits.ratio);
  if (limits.length === 0) return null;
  // One shape that takes any is enough.
  return limits.reduce<Limit | null>((widest, limit) => {
    if (widest === null || limit === undefined) return null;
    return {
      ...limit,
      min: Math.min(limit.min ?? 0, widest.min ?? 0),
      max: Math.max(limit.max ?? Infinity, widest.max ?? Infinity),
    };
  }, limits[0] ?? null);
}
