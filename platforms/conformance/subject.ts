import type { PublicCode } from "../../model/errors.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import type { MediaType, PostContent } from "../../model/post.ts";
import { platforms } from "../index.ts";
import type { OAuth } from "../platform.ts";

/** What the tests must know about a platform beyond what it declares. */
export interface Subject {
  name: PlatformName;
  /** The key of a login other than the platform's default. */
  login?: string;
  /** Settings that every post on the platform requires. */
  settings?: Record<string, unknown>;
  /** Settings that require a permission of their own. */
  features?: Record<string, unknown>;
  /** Permissions that the contract asks for although another one grants the same. */
  redundant?: readonly string[];
  /** Other members that a setting requires to be well formed, by the setting's name. */
  beside?: Record<string, Record<string, unknown>>;
  /** Whether reading always determines the outcome of a publishing request. If not, `unknown` is accepted. */
  readsBack: boolean;
  /** Posts that only a list could confirm: they become `unknown` if nothing was published. */
  onlyListed?: (content: PostContent) => boolean;
  /** Nothing can be read about posts with this media type: `unknown` is accepted even if the request was never sent. */
  unreadable?: MediaType;
  /** How long after publishing the platform returns ID and link, by the sandbox's clock. Default: immediately. */
  idAfterSeconds?: number;
  /** The platform's own refusals, by the sandbox's names, and what the platform post reports in the end. */
  refusals: readonly Refusal[];
}

/** The OAuth declaration of the login to test. */
export function loginOf({ name, login }: Subject): OAuth | undefined {
  const { oauth, otherLogins } = platforms[name];
  return login === undefined ? oauth : otherLogins?.[login];
}

export interface Refusal {
  error: string;
  operation: Operation;
  code: PublicCode;
  /** How many requests are refused. To be final, more than the engine tries. */
  times?: number;
  /** What the post must contain for the error to make sense. Default: an image, if the platform supports one. */
  with?: "video";
  /** The post is published all the same; with `hasNoLink`, without a link. */
  isLive?: true;
  hasNoLink?: true;
}

/** The sandbox's names for kinds of requests. */
export type Operation = "upload" | "create" | "publish" | "status" | "read";
