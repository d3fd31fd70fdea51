import type { Measured } from "../../../sandbox/media.ts";
import {
  jsonAnswer,
  type Call,
  type Outcome,
  type PlatformAnswer,
  type SandboxRoute,
} from "../../../sandbox/platform.ts";
import { findAsset, readAsset } from "./assets.ts";
import { ERRORS, forbidden, Refusal, restHeaders } from "./errors.ts";
import { openUpload, receiveUpload } from "./images.ts";
import { refusing, versioned, type Viewer } from "./viewer.ts";

/** Documents: one URL, one PUT, and a status that their owner can read. Source: LinkedIn docs, documents-api, 2026-05. */
export const DOCUMENT_ROUTES: readonly SandboxRoute[] = [
  {
    method: "POST",
    host: "api.linkedin.com",
    path: "/rest/documents",
    operation: "upload",
    run: versioned("documents.ACTION", (call, viewer) => openUpload(call, viewer, { kind: "document", path: PATH })),
  },
  {
    method: "GET",
    host: "api.linkedin.com",
    path: "/rest/documents/{urn}",
    operation: "status",
    run: versioned("documents.GET", read),
  },
  {
    method: "PUT",
    host: "www.linkedin.com",
    path: "/dms-uploads/{id}/ads-uploadedDocument/0",
    operation: "upload",
    rawBody: true,
    run: refusing(put),
  },
];

const PATH = "ads-uploadedDocument/0";
const MAX_BYTES = 100 * 1024 * 1024;
/** PDF, DOCX, PPTX; DOC and PPT share a container. */
const FORMATS = [
  "application/pdf",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  "application/vnd.openxmlformats-officedocument.presentationml.presentation",
  "application/x-cfb",
];

function put(call: Call): Outcome {
  return receiveUpload(call, { kind: "document", whyUnfit });
}

function whyUnfit({ mimeType, sizeBytes }: Measured): string | null {
  if (!FORMATS.includes(mimeType ?? "")) return "The document is not in a supported format";
  return sizeBytes > MAX_BYTES ? "The document is too large" : null;
}

function read(call: Call, viewer: Viewer): PlatformAnswer {
  const urn = call.segments["urn"] ?? "";
  const found = findAsset(call, urn);
  if (found?.kind !== "document") throw new Refusal(ERRORS.notFound);
  if (found.owner !== viewer.urn) throw new Refusal(forbidden("document"));
  readAsset(call, urn);
  const { owner, state } = findAsset(call, urn) ?? found;
  const downloadUrl = `https://media.licdn.com/dms/document/media/${urn.slice(urn.lastIndexOf(":") + 1)}/0`;
  return jsonAnswer(
    {
      owner,
      id: urn,
      status: state,
      ...(state === "AVAILABLE" && { downloadUrl, downloadUrlExpiresAt: call.now + 86_400_000 }),
    },
    { headers: restHeaders(call) },
  );
}
