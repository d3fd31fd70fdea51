import { refusal } from "../../../contract/forms/parse.ts";
import { issueOf } from "../../../model/errors.ts";
import type { MediaFacts } from "../../../model/post.ts";
import type { Tenant } from "../../../model/tenant.ts";
import type { Area } from "../../media/measuring-messages.ts";
import { cropImage } from "../../media/rendition.ts";
import { imageSlots, LIGHT_PIXELS, requireTurn } from "../../media/slots.ts";
import { UnreadableMediaError } from "../../media/unreadable-media-error.ts";
import type { Storage } from "../../storage/storage.ts";
import { turnOf } from "../../turns/slots.ts";

/**
 * Stores part of an image, when it is the user's turn. Throws VALIDATION_FAILED if it has no such part, and RATE_LIMITED
 * if too much of the user's work waits.
 */
export async function crop(
  storage: Storage,
  owner: Tenant,
  original: { storageKey: string; facts: MediaFacts },
  area: Area,
): Promise<{ storageKey: string; facts: MediaFacts }> {
  const { type, width, height } = original.facts;
  if (type !== "image" || width === null || height === null)
    throw refusal([
      issueOf({ rule: "media.crop.image", message: "Only images can be cropped", fix: "Name a stored image." }),
    ]);
  const { x, y } = area;
  if (x + area.width > width || y + area.height > height)
    throw refusal([
      issueOf({
        rule: "media.crop.inside",
        message: "The part is not within the image",
        actual: `${area.width} × ${area.height} at ${x}, ${y}`,
        limit: `${width} × ${height}`,
        fix: "Choose a part within the image's width and height.",
      }),
    ]);
  requireTurn(owner);
  return await imageSlots
    .run(turnOf(owner, width * height <= LIGHT_PIXELS), () => cropImage(storage, original, area))
    .catch((error: unknown) => {
      if (!(error instanceof UnreadableMediaError)) throw error;
      const message = `The image ${error.message}`;
      throw refusal([issueOf({ rule: "media.readable", message, fix: "Crop a smaller image." })]);
    });
}
