import type { PublicCode } from "../../model/errors.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import type { MediaType, PostContent } from "../../model/post.ts";
import { platforms } from "../index.ts";
import type { OAuth } from "../platform.ts";

/** A platform as the suite has to know it. All else it reads from what the platform declares. */
export interface Subject {
  name: PlatformName;
  /** Another way to sign in than the platform's usual one, by its name there. */
  login?: string;
  /** Settings without which no post of the platform is valid. */
  settings?: Record<string, unknown>;
  /** Members that have to stand beside a setting for it to be of the right form, by the setting's name. */
  beside?: Record<string, Record<string, unknown>>;
  /** Whether reading back always tells what became of a publishing call; otherwise `unknown` is an honest end, too. */
  readsBack: boolean;
  /**
   * Posts of which only a list could tell: where the call has published nothing, `unknown` is their honest end. All
   * others' absence is proved.
   */
  onlyListed?: (content: PostContent) => boolean;
  /**
   * Posts of this kind of media leave nothing at all to read back by: `unknown` is their honest end even where the call
   * was never made.
   */
  unreadable?: MediaType;
  /**
   * How long after a post has gone live its id and link are told, by the sandbox's clock; at once where it is left out.
   */
  idAfterSeconds?: number;
  /**
   * The platform's own refusals, by the sandbox's names for them, at the kind of call they strike, and what the
   * platform post says of each in the end.
   */
  refusals: readonly Refusal[];
}

/** How the person of this subject signs in. */
export function loginOf({ name, login }: Subject): OAuth | undefined {
  const { oauth, otherLogins } = platforms[name];
  return login === undefined ? oauth : otherLogins?.[login];
}

export interface Refusal {
  error: string;
  operation: Operation;
  code: PublicCode;
  /** How many calls it strikes; more than the engine tries, where it is to be final. */
  times?: number;
  /** What the post has to carry for the error to make sense; an image where the platform takes one. */
  with?: "video";
  /** The post goes out in the end nevertheless; without a link, where the platform gives none then. */
  isLive?: true;
  hasNoLink?: true;
}

/** What the sandbox calls the kinds of calls. */
export type Operation = "upload" | "create" | "publish" | "status" | "read";
