import { authorized, PARTIAL, processingFailed, receiveBytes } from "../../../sandbox/meta/rupload.ts";
import { jsonAnswer, type Call, type Outcome, type SandboxRoute } from "../../../sandbox/platform.ts";
import { countReceived, findContainer, receiveVideo, type Container } from "./containers.ts";
import { MAX_BYTES } from "./media-rules.ts";
import { needAbility, UPLOAD_HOST, viewerOf } from "./viewer.ts";

/** Videos that are uploaded instead of fetched. Source: Instagram Platform docs, resumable uploads, 2026-09-11. */
export const UPLOAD_ROUTES: readonly SandboxRoute[] = ["/ig-api-upload/{version}/{id}", "/ig-api-upload/{id}"].map(
  (path) => ({
    method: "POST",
    host: UPLOAD_HOST,
    path,
    operation: "upload",
    rawBody: true,
    run: receive,
  }),
);

const DONE = jsonAnswer({ success: true, message: "Upload successful." });

function receive(call: Call): Outcome {
  const container = authorized(call, () => waitingContainer(call));
  if (container === undefined) return processingFailed("unauthorized user request");
  if ("status" in container) return container;
  const fileUrl = call.headers["file_url"];
  if (fileUrl !== undefined) {
    return call.world.media.fetch(fileUrl, { maxBytes: MAX_BYTES.video }).then((got) => () => {
      receiveVideo(call, container, got.ok ? got.media : null);
      return DONE;
    });
  }
  const received = receiveBytes(call, { name: `instagram-${container.id}`, receivedBytes: container.receivedBytes });
  if (!(received instanceof Promise)) return received;
  return received.then(({ bytes, media }) => () => {
    countReceived(call, container.id, bytes);
    if (!media) return PARTIAL;
    receiveVideo(call, container, media);
    return DONE;
  });
}

/** The caller's own container that is waiting for bytes. */
function waitingContainer(call: Call): Container | undefined {
  const viewer = viewerOf(call);
  needAbility(viewer, "publish");
  const container = findContainer(call, call.segments["id"] ?? "");
  return container?.owner === viewer.person.id && container.upload === "waiting" && container.state !== "EXPIRED"
    ? container
    : undefined;
}
