import assert from "node:assert/strict";

import { z } from "zod";

import type { Shape } from "../../model/capabilities.ts";
import type { Issue, PublicCode } from "../../model/errors.ts";
import { forEachPlatform, type PlatformName } from "../../model/platform-names.ts";
import type { MediaEntry } from "../../model/post.ts";
import { catalog } from "../catalog.ts";
import type { AccountFacts } from "../definition.ts";
import { requiredScopes } from "../kit/scopes.ts";
import { validatePost, type ValidationContext, type PostToValidate, type ValidationResult } from "./validate.ts";

// Valid posts to break in one place, and short ways to say what is expected.

export const NOW = new Date("2026-11-01T12:00:00.000Z");
export const LATER = "2026-11-02T12:00:00.000Z";

export const context: ValidationContext = {
  now: NOW,
  scheduling: "contract",
  forcePrivateUploads: false,
  accounts: null,
};

export const image: MediaEntry = {
  url: "https://cdn.example/a.jpg",
  type: "image",
  mimeType: "image/jpeg",
  sizeBytes: 100_000,
  width: 1080,
  height: 1080,
};
export const video: MediaEntry = {
  url: "https://cdn.example/v.mp4",
  type: "video",
  mimeType: "video/mp4",
  sizeBytes: 18_432_000,
  width: 1080,
  height: 1920,
  durationSeconds: 24,
};

/** The fields of a post to one platform. */
export interface PostFields {
  text?: string;
  media?: MediaEntry[];
  linkUrl?: string;
  settings?: Record<string, unknown>;
  overrideText?: string;
  scheduledFor?: string;
}

/** What a valid TikTok post also requires. */
export const tiktok = { privacyLevel: "SELF_ONLY" };

/** The minimal post of each platform: the media of its first shape and the required settings. */
export const minimal: Record<PlatformName, PostFields> = forEachPlatform((name) => {
  const { capabilities, settings } = catalog[name];
  const shape: Shape | undefined = capabilities.placements[0]?.shapes[0];
  const media = shape === undefined || shape.items.min === 0 ? [] : [shape.image === undefined ? video : image];
  const needed = Object.entries(settings.shape).filter(([, schema]) => !isLeftOut(schema));
  return {
    ...(media.length === 0 ? {} : { media }),
    ...(needed.length === 0
      ? {}
      : { settings: Object.fromEntries(needed.map(([key, schema]) => [key, lastOf(schema)])) }),
  };
});

function isLeftOut(schema: unknown): boolean {
  return schema instanceof z.ZodType && schema.safeParse(undefined).success;
}

function lastOf(schema: unknown): unknown {
  if (schema instanceof z.ZodEnum) return schema.options.at(-1);
  throw new Error("Say here what a minimal post has for a setting of this form");
}

export function postOf(
  platform: PlatformName,
  { text = "Hello", media = [], linkUrl, settings, overrideText, scheduledFor }: PostFields,
): PostToValidate {
  const override = {
    ...(overrideText === undefined ? {} : { text: overrideText }),
    ...(settings === undefined ? {} : { settings }),
  };
  return {
    content: { text, media, linkUrl: linkUrl ?? null, platformOverrides: { [platform]: override } },
    platforms: [platform],
    scheduledFor: scheduledFor ?? null,
  };
}

/** Validates a post to one platform. `differing` overrides parts of the usual context. */
export function validate(
  platform: PlatformName,
  fields: PostFields,
  differing: Partial<ValidationContext> = {},
): ValidationResult {
  return validatePost(postOf(platform, fields), { ...context, ...differing });
}

/** JSON Pointer of a setting. */
export function setting(platform: PlatformName, member: string): string {
  return `/content/platformOverrides/${platform}/settings/${member}`;
}

export interface Expected {
  code: PublicCode;
  path: string;
  message: string;
}

/** The fields that callers rely on. */
export function essence({ code, path, message }: Issue): Expected {
  return { code, path, message };
}

/** Expects this one issue and no other. */
export function refuses(
  platform: PlatformName,
  fields: PostFields,
  expected: Expected,
  differing: Partial<ValidationContext> = {},
): void {
  const { issues } = validate(platform, fields, differing);
  assert.deepEqual(issues.map(essence), [expected]);
  assert.deepEqual(
    issues.map((issue) => issue.platform),
    [platform],
  );
}

/** Expects no issue. */
export function takes(platform: PlatformName, fields: PostFields, differing: Partial<ValidationContext> = {}): void {
  assert.deepEqual(validate(platform, fields, differing).issues, []);
}

/** Expects no issue and this one warning. */
export function warns(
  platform: PlatformName,
  fields: PostFields,
  expected: Expected,
  differing: Partial<ValidationContext> = {},
): void {
  const { issues, warnings } = validate(platform, fields, differing);
  assert.deepEqual(issues, []);
  assert.deepEqual(warnings.map(essence), [expected]);
}

export function codes({ issues }: ValidationResult): PublicCode[] {
  return issues.map((issue) => issue.code);
}

/** Code, path, actual and limit of the only issue. */
export function onlyIssue({ issues }: ValidationResult): unknown[] {
  assert.equal(issues.length, 1, JSON.stringify(issues));
  return issues.flatMap(({ code, path, actual, limit }) => [code, path, actual, limit]);
}

export function account(platform: PlatformName, metadata: Record<string, unknown> = {}): AccountFacts {
  return { scopes: requiredScopes(Object.values(catalog[platform].scopes)[0] ?? []), metadata, tokenExpiresAt: null };
}
