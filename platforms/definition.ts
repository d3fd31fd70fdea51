import type { z } from "zod";

import type { Capabilities } from "../model/capabilities.ts";
import type { Issue, PublicCode } from "../model/errors.ts";
import type { MediaEntry, MediaFacts, PlatformContent } from "../model/post.ts";
import type { Example } from "./kit/examples.ts";

/** The pure half of a platform: no network code, safe in a browser. */
export interface Definition {
  capabilities: Capabilities;
  /** The schema of `platformOverrides.<platform>.settings`: a `z.strictObject`, every field described. */
  settings: z.ZodObject;
  rules: readonly Rule[];
  /** What its page shows beside the rules; none where there is nothing of its own to show. */
  examples: readonly Example[];
}

/**
 * A rule across several fields, which shapes and limits can't say. `S` is what the settings schema gives; each
 * member may be missing, since members of a wrong form are reported by the schema and taken out before.
 */
export interface Rule<S extends Settings = Settings> {
  /** "linkedin.altText.count". */
  rule: string;
  code: PublicCode;
  /** Where the issue stands in the order of issues. */
  about: IssueTopic;
  /** A warning is told and refuses nothing. */
  severity?: "warning";
  /** A JSON Pointer into the body of a create. `settingPath` writes the usual one. */
  path: string;
  message: string;
  fix: string;
  /** `false` or `[]` where the rule holds; findings replace the members above that they carry. */
  broken(input: RuleInput<S>): boolean | readonly Finding[];
}

export type Finding = Partial<Pick<Issue, "path" | "message" | "fix" | "actual" | "limit">>;

/** The order in which issues are told. */
export const ISSUE_TOPICS = ["structure", "mediaType", "media", "text", "settings", "scheduling", "account"] as const;

export type IssueTopic = (typeof ISSUE_TOPICS)[number];

export type Settings = Record<string, unknown>;

export interface RuleInput<S extends Settings = Settings> {
  /**
   * What the platform would get: overrides merged, placement chosen, link placed, the type of every medium filled in.
   */
  content: PlatformContent<MeasuredMedia>;
  settings: Partial<S>;
  /** Where `content.text` came from, as a JSON Pointer: the override's text or the text of all. */
  textPath: string;
  /** What the caller sent, before anything was merged. */
  linkUrl: string | null;
  scheduledFor: string | null;
  now: Date;
  forcePrivateUploads: boolean;
  /** Null where accounts are not validated, or where none is connected. */
  account: AccountFacts | null;
}

/** A media entry together with what its bytes say, where they have been seen. */
export interface MeasuredMedia extends MediaEntry {
  measured?: MediaFacts | null;
  /** What the bytes at its `thumbnailUrl` say, once they are here. */
  thumbnail?: MediaFacts | null;
}

/** What is stored of an account and bears on what may be posted with it. */
export interface AccountFacts {
  scopes: readonly string[];
  /** The account's `platformMetadata`. */
  metadata: Readonly<Record<string, unknown>>;
  /** ISO 8601: when the grant ends unless someone reconnects; null where it renews itself. */
  tokenExpiresAt: string | null;
  /** How much of each platform quota is used in the running window, by the quota's name. */
  usage?: Readonly<Partial<Record<string, number>>>;
}

export function settingPath(platform: string, ...members: (string | number)[]): string {
  return ["/content/platformOverrides", platform, "settings", ...members].join("/");
}
