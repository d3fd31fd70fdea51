/** The networks, by the key used everywhere: in requests, tables, folders and URLs. */
export const PLATFORM_NAMES = ["instagram", "facebook", "twitter", "linkedin", "tiktok", "youtube", "threads"] as const;

export type PlatformName = (typeof PLATFORM_NAMES)[number];

export function isPlatformName(value: unknown): value is PlatformName {
  return (PLATFORM_NAMES as readonly unknown[]).includes(value);
}

/** Every user object belongs to one of two worlds that never see each other. */
export const MODES = ["live", "test"] as const;

export type Mode = (typeof MODES)[number];
