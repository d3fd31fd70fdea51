/** The networks, by the key used everywhere: in requests, tables, folders and URLs. */
export const PLATFORM_NAMES = ["instagram", "facebook", "twitter", "linkedin", "tiktok", "youtube", "threads"] as const;

export type PlatformName = (typeof PLATFORM_NAMES)[number];

export function isPlatformName(value: unknown): value is PlatformName {
  return (PLATFORM_NAMES as readonly unknown[]).includes(value);
}

/** A value for each platform, in the order of their names. */
export function forEachPlatform<T>(make: (name: PlatformName) => T): Record<PlatformName, T> {
  const made: Partial<Record<PlatformName, T>> = {};
  for (const name of PLATFORM_NAMES) made[name] = make(name);
  if (!isComplete(made)) throw new Error("A platform was left out");
  return made;
}

function isComplete<T>(made: Partial<Record<PlatformName, T>>): made is Record<PlatformName, T> {
  return PLATFORM_NAMES.every((name) => name in made);
}

/** Every user object belongs to one of two modes, which are isolated from each other. */
export const MODES = ["live", "test"] as const;

export type Mode = (typeof MODES)[number];

/**
 * Used by examples: it supports a text alone, also the same one again, one image and a carousel, and requires no
 * settings.
 */
export const EXAMPLE_PLATFORM = "threads" satisfies PlatformName;
