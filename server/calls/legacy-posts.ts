import { cutOut, parseInput } from "../../contract/forms/parse.ts";
import type { RawInput } from "../../contract/operation.ts";
import { legacyPostsCreate } from "../../contract/operations/legacy-posts.ts";
import { postsCreate, type Post } from "../../contract/operations/posts.ts";
import { PublicError, issueOf, type Issue } from "../../model/errors.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import type { PlatformOverride } from "../../model/post.ts";
import { catalog } from "../../platforms/catalog.ts";
import { endsLikeVideo } from "../../platforms/validate/resolve-content.ts";
import type { Answer, Call } from "../domain/call.ts";
import { createPost } from "../domain/posts/create-post.ts";
import type { Services } from "../domain/services.ts";
import type { Binding } from "./bind.ts";

/**
 * `POST /api/posts`. A body with `content` is that of `POST /api/v1/posts`. Any other is the flat one of old clients:
 * it has the members of `content` at its top and bare URLs as `mediaUrls`. Nothing but this file knows of it.
 */
export const legacyCreate: Binding = {
  operation: legacyPostsCreate,
  run: async (services, call, raw) =>
    isFlat(raw.body)
      ? await createFromFlat(services, call, raw)
      : await createPost(services, call, parseInput(postsCreate, raw)),
};

function isFlat(body: unknown): boolean {
  return typeof body !== "object" || body === null || !("content" in body);
}

async function createFromFlat(
  services: Services,
  call: Call,
  raw: RawInput,
): Promise<Answer<{ post: Post; warnings: Issue[] }>> {
  const { body, issues } = parseInput(legacyPostsCreate, raw);
  const { platforms = [], content } = body;
  const bare = validateBareUrls(platforms, content.media);
  const draft = {
    ...body,
    content: { ...content, platformOverrides: withoutUnknownSettings(content.platformOverrides) },
  };
  try {
    return await createPost(services, call, { body: draft, issues: [...issues.map(ofContent), ...bare] }, ofFlat);
  } catch (error) {
    if (!(error instanceof PublicError)) throw error;
    const { code, message, headers, extra } = error;
    const kept = error.issues.filter((issue) => !isSaidByBare(issue, bare)).map(ofFlat);
    throw new PublicError(code, flatNames(message), { issues: kept, headers, extra });
  }
}

/**
 * A bare URL says nothing but its address. It is taken as an image, and refused where it ends like a video's and where
 * the platform wants media declared.
 */
export function validateBareUrls(platforms: readonly PlatformName[], media: readonly { url: string }[]): Issue[] {
  return platforms.flatMap((platform) => {
    const { label, declares, placements } = catalog[platform].capabilities;
    const takesImages = placements.some(({ shapes }) => shapes.some(({ image }) => image !== undefined));
    return media.flatMap(({ url }, index) => {
      if (takesImages && declares?.image === undefined && !endsLikeVideo(url)) return [];
      return issueOf({
        rule: `${platform}.media.bareUrl`,
        platform,
        path: `/content/media/${index}`,
        message:
          declares?.message ??
          `${label} media must be sent as objects in content.media, with type, mimeType and the other metadata.`,
        actual: url,
        fix: "Use content.media rather than bare mediaUrls.",
      });
    });
  });
}

/** Whether an issue is of the same platform's media, of which nothing else is known. */
function isSaidByBare({ platform, path, rule }: Issue, bare: readonly Issue[]): boolean {
  return path.startsWith("/content/media") && bare.some((issue) => issue.platform === platform && issue.rule !== rule);
}

/** Settings without the keys that the platform does not know: in the flat body they are ignored. */
export function withoutUnknownSettings<Overrides extends Partial<Record<PlatformName, PlatformOverride | null>>>(
  overrides: Overrides | null | undefined,
): Overrides | null | undefined {
  if (!overrides) return overrides;
  const known = structuredClone(overrides);
  for (const { capabilities, settings: schema } of Object.values(catalog)) {
    const override = known[capabilities.platform];
    if (!override?.settings) continue;
    const given = Object.fromEntries(Object.entries(override.settings).filter(([, value]) => value !== null));
    const problems = schema.safeParse(given).error?.issues ?? [];
    const unknown = problems.filter(({ code }) => code === "unrecognized_keys");
    override.settings = { ...cutOut(override.settings, unknown) };
  }
  return known;
}

/** An issue of the flat body, placed where its member stands in that of `POST /api/v1/posts`. */
function ofContent(issue: Issue): Issue {
  const path = issue.path
    .replace(/^\/mediaUrls(?=\/|$)/, "/content/media")
    .replace(/^\/(?=(text|linkUrl|platformOverrides)(\/|$))/, "/content/");
  return { ...issue, path };
}

/** An issue or a warning by the names and places of the flat body. */
function ofFlat(issue: Issue): Issue {
  const path = issue.path
    .replace(/^\/content\/media(?=\/|$)/, "/mediaUrls")
    .replace(/^(\/mediaUrls\/\d+)\/.*$/, "$1")
    .replace(/^\/content(?=\/)/, "");
  return { ...issue, path, message: flatNames(issue.message), fix: flatNames(issue.fix) };
}

function flatNames(sentence: string): string {
  return sentence.replaceAll(/\bcontent\.(?=(text|linkUrl|platformOverrides)\b)/g, "");
}
