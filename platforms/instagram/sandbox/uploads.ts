import { Refusal, type GraphError } from "../../../sandbox/meta/graph.ts";
import { jsonAnswer, type Call, type Outcome, type PlatformAnswer, type SandboxRoute } from "../../../sandbox/platform.ts";
import { countReceived, findContainer, receiveVideo, type Container } from "./containers.ts";
import { MAX_BYTES } from "./media-rules.ts";
import { accountOf } from "./people.ts";
import { needAbility, UPLOAD_HOST, viewerOf } from "./viewer.ts";

/** Videos that are sent in place of being fetched. Source: Instagram Platform docs, resumable uploads, 2026-09-11. */
export const UPLOAD_ROUTES: readonly SandboxRoute[] = ["/ig-api-upload/{version}/{id}", "/ig-api-upload/{id}"].map((path) => ({
  method: "POST", host: UPLOAD_HOST, path, operation: "upload", rawBody: true,
  post: (call) => ({ accountId: accountOf(call), text: "", carriesText: false, handle: null }),
  run: receive,
}));

type UploadFault = "NotAuthorizedError" | "ParameterValidationError" | "OffsetInvalidError" | "PartialRequestError" | "ProcessingFailedError";

/** The upload host refuses in a form of its own. */
function uploadError(type: UploadFault, message: string, retriable = false): PlatformAnswer {
  return jsonAnswer({ debug_info: { retriable, type, message } }, { status: type === "NotAuthorizedError" ? 403 : 400 });
}

function receive(call: Call): Outcome {
  const container = containerOf(call);
  if ("status" in container) return container;
  const fileUrl = call.headers["file_url"];
  if (fileUrl !== undefined) {
    return call.world.media.fetch(fileUrl, { maxBytes: MAX_BYTES.video }).then((got) => () => {
      receiveVideo(call, container, got.ok ? got.media : null);
      return jsonAnswer({ success: true, message: "Upload successful." });
    });
  }
  const offset = whole(call.headers["offset"]);
  const fileSize = whole(call.headers["file_size"]);
  if (offset === null) return uploadError("ParameterValidationError", "HeaderValuePredicate: Header Offset not convertable to unsigned long");
  if (fileSize === null || fileSize === 0) return uploadError("ParameterValidationError", "HeaderValuePredicate: Header File_size not convertable to unsigned long");
  if (offset !== 0 && offset !== container.receivedBytes) return uploadError("OffsetInvalidError", `Invalid offset ${offset}, expected ${container.receivedBytes}`, true);
  if (call.body.kind !== "bytes") return uploadError("PartialRequestError", "Partial request (did not match length of file)", true);
  const { bytes } = call.body;
  const takeBytes = call.behaviour?.name === "upload-interrupt-at-{n}" ? Math.max(0, (call.behaviour.number ?? 0) - offset) : bytes.sizeBytes;
  const name = `instagram-${container.id}`;
  return call.world.uploads.write(name, bytes, { offset, takeBytes }).then(async (received) => {
    const whole = received === fileSize;
    const media = whole ? await call.world.uploads.finish(name) : null;
    return () => {
      countReceived(call, container.id, received);
      if (!media) return uploadError("PartialRequestError", "Partial request (did not match length of file)", true);
      receiveVideo(call, container, media);
      return jsonAnswer({ success: true, message: "Upload successful." });
    };
  });
}

/** The container that waits for bytes, for who may send them. */
function containerOf(call: Call): Container | PlatformAnswer {
  const denied = (error: GraphError) => uploadError("NotAuthorizedError", JSON.stringify({ success: false, error: { message: error.message, code: error.code } }));
  if (!/^OAuth\s/i.test(call.headers["authorization"] ?? "")) return denied({ message: "unauthorized user request", code: 190 });
  try {
    const viewer = viewerOf(call);
    needAbility(viewer, "publish");
    const container = findContainer(call, call.segments["id"] ?? "");
    if (!container || container.owner !== viewer.person.id) return uploadError("ProcessingFailedError", '{"success":false,"error":{"message":"unauthorized user request"}}');
    if (container.upload !== "waiting" || container.state === "EXPIRED") return uploadError("ProcessingFailedError", '{"success":false,"error":{"message":"The upload session is over"}}');
    return container;
  } catch (error) {
    if (error instanceof Refusal) return denied(error.graph);
    throw error;
  }
}

function whole(value: string | undefined): number | null {
  return value !== undefined && /^\d{1,12}$/.test(value) ? Number(value) : null;
}
