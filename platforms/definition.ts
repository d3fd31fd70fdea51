import type { z } from "zod";

import type { Capabilities } from "../model/capabilities.ts";
import type { Issue, PublicCode } from "../model/errors.ts";
import type { MediaEntry, MediaFacts, PlatformContent } from "../model/post.ts";
import type { Preview } from "./kit/card/preview.ts";
import type { Example } from "./kit/examples.ts";

/** The pure half of a platform: no network code, safe in a browser. */
export interface Definition {
  capabilities: Capabilities;
  /** The schema of `platformOverrides.<platform>.settings`: a `z.strictObject`, every field described. */
  settings: z.ZodObject;
  rules: readonly Rule[];
  /** What its page shows in addition to the rules; none if there is nothing to show. */
  examples: readonly Example[];
  scopes: SignInScopes;
  /** How its posts look. */
  preview: Preview;
  /**
   * Where an account's profile is, with `{username}` or `{id}`, the platform's ID for the account, in it. Absent if that
   * cannot be known.
   */
  profileUrl?: string;
  /** What links to posts look like. If absent, any link is accepted. */
  postLinks?: PostLinks;
}

/** A platform's logo: a path in a square of 24 by 24, and the platform's color. */
export interface Logo {
  path: string;
  color: string;
}

/** The links to a platform's posts, as people copy them. */
export interface PostLinks {
  /** In lower case. */
  hosts: readonly string[];
  /**
   * Matches host, path and query of a link to a post; absent if any may be one. Its first group, if there is one, is the
   * ID that publishing stores.
   */
  post?: RegExp;
}

/** What each sign-in of a platform asks for, by the environment prefix of its app; the default sign-in first. */
export type SignInScopes = Readonly<Record<string, readonly Scope[]>>;

/** A permission that a sign-in asks a platform for. */
export interface Scope {
  /** The platform's own name for it. */
  name: string;
  /** Why it is asked for: one sentence, for the platform's reviewers and for operators. */
  why: string;
  /** Where it is used: operations of the API, by name, and steps of publishing. */
  usedBy: { operations?: readonly string[]; steps?: readonly string[] };
  /** A sentence about what is not possible without it; absent if publishing requires it. */
  without?: string;
  /** It is asked for only if the app's scopes list it. */
  onRequest?: true;
  /** The settings that require it: without it, a post with one is rejected, or published without it and a warning. */
  settings?: Readonly<Record<string, "rejected" | "ignored">>;
}

/**
 * A rule across several fields, which shapes and limits cannot express. `S` is the output of the settings schema; each
 * field can be missing, since invalid ones are reported by the schema and removed before.
 */
export interface Rule<S extends Settings = Settings> {
  /** "linkedin.altText.count". */
  rule: string;
  code: PublicCode;
  /** The topic by which issues are ordered. */
  about: IssueTopic;
  /** A warning is reported but rejects nothing. */
  severity?: "warning";
  /** A JSON Pointer into the body of a create. `settingPath` writes the usual one. */
  path: string;
  message: string;
  fix: string;
  /** `false` or `[]` if the rule is satisfied; details override the fields above. */
  broken(input: RuleInput<S>): boolean | readonly IssueDetails[];
}

export type IssueDetails = Partial<Pick<Issue, "path" | "message" | "fix" | "actual" | "limit">>;

/** The order in which issues are reported. */
export const ISSUE_TOPICS = ["structure", "mediaType", "media", "text", "settings", "scheduling", "account"] as const;

export type IssueTopic = (typeof ISSUE_TOPICS)[number];

export type Settings = Record<string, unknown>;

export interface RuleInput<S extends Settings = Settings> {
  /** What the platform would get: overrides merged, placement chosen, link placed, every media type filled in. */
  content: PlatformContent<MeasuredMedia>;
  settings: Partial<S>;
  /** Where `content.text` came from, as a JSON Pointer: the override's text or the common one. */
  textPath: string;
  /** What the caller sent, before anything was merged. */
  linkUrl: string | null;
  scheduledFor: string | null;
  now: Date;
  forcePrivateUploads: boolean;
  /** Null if accounts are not validated, or none is connected. */
  account: AccountFacts | null;
}

/** A media entry with its measured values, once available. */
export interface MeasuredMedia extends MediaEntry {
  measured?: MediaFacts | null;
  /** The measured values of the file at `thumbnailUrl`, once available. */
  thumbnail?: MediaFacts | null;
}

/** What is stored of an account and affects what can be posted with it. */
export interface AccountFacts {
  scopes: readonly string[];
  /** The account's `platformMetadata`. */
  metadata: Readonly<Record<string, unknown>>;
  /** ISO 8601: when the grant expires unless the user reconnects; null if it renews automatically. */
  tokenExpiresAt: string | null;
}

export function settingPath(platform: string, ...members: (string | number)[]): string {
  return ["/content/platformOverrides", platform, "settings", ...members].join("/");
}
