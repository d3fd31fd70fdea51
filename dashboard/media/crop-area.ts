/** Part of an image, in its pixels. */
export interface Area {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Size {
  width: number;
  height: number;
}

/** The smallest part worth cropping to. */
export const LEAST_PIXELS = 16;

/** The largest part of an image with a ratio of width to height, in its middle; null: all of it. */
export function largestArea(image: Size, ratio: number | null): Area {
  const short = Math.min(shorter(image.width, ratio, "width"), shorter(image.height, ratio, "height"));
  const { width, height } = ratio === null ? image : withRatio(short, ratio);
  return within(image, { x: (image.width - width) / 2, y: (image.height - height) / 2, width, height });
}

/** How long the shorter side can be if the named one has so many pixels. */
function shorter(pixels: number, ratio: number | null, side: "width" | "height"): number {
  const isShort = ratio === null || ratio < 1 === (side === "width");
  return isShort ? pixels : Math.floor(ratio < 1 ? pixels * ratio : pixels / ratio);
}

/** A size of whole pixels. It is rounded towards a square, so that it is within a limit that is the same ratio. */
function withRatio(short: number, ratio: number): Size {
  return ratio < 1
    ? { width: short, height: Math.floor(short / ratio) }
    : { width: Math.floor(short * ratio), height: short };
}

/**
 * The area with another width or height, around its middle, as far as the image reaches. With a ratio, the other side
 * follows.
 */
export function resized(image: Size, area: Area, side: "width" | "height", pixels: number, ratio: number | null): Area {
  const largest = largestArea(image, ratio);
  const wanted = Math.max(LEAST_PIXELS, Math.min(Math.round(pixels), largest[side]));
  const size = ratio === null ? { ...area, [side]: wanted } : withRatio(shorter(wanted, ratio, side), ratio);
  return within(image, {
    x: area.x + (area.width - size.width) / 2,
    y: area.y + (area.height - size.height) / 2,
    width: size.width,
    height: size.height,
  });
}

/** The area moved, but not over the edges. */
export function moved(image: Size, area: Area, x: number, y: number): Area {
  return within(image, { ...area, x, y });
}

/** Whole pixels within the image. */
function within(image: Size, { x, y, width, height }: Area): Area {
  const size = {
    width: Math.max(1, Math.min(Math.round(width), image.width)),
    height: Math.max(1, Math.min(Math.round(height), image.height)),
  };
  return {
    x: Math.max(0, Math.min(Math.round(x), image.width - size.width)),
    y: Math.max(0, Math.min(Math.round(y), image.height - size.height)),
    ...size,
  };
}
