import { uriOf } from "../kit/meta/containers.ts";
import { sendVideo, uploadUrl } from "../kit/meta/upload.ts";
import { BrokerError, type QuietStep } from "../platform.ts";
import { takesBytes, videoRendition } from "./content.ts";
import { graphs } from "./errors.ts";

/** Uploads a container's file; if Instagram fetches the video itself, there is nothing to do. */
export function uploadVideo(container: string, item: number): QuietStep {
  return {
    name: `${container}-upload`,
    effect: "hidden",
    async run(context) {
      const media = context.content.media[item];
      if (media === undefined || !takesBytes(context, media)) return { done: {} };
      const address = uploadUrl.safeParse(context.checkpoint[uriOf(container)]);
      if (!address.success) {
        const message = "Instagram did not return an upload URL for the video.";
        throw new BrokerError("UNEXPECTED_RESPONSE", message, { redoFrom: container });
      }
      const rendition = videoRendition(media);
      await sendVideo(graphs.facebook, context, { url: address.data, media, rendition, redoFrom: container });
      return { done: {} };
    },
  };
}
