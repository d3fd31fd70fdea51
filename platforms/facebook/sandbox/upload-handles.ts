import { z } from "zod";

import { randomSecret } from "../../../sandbox/identity.ts";
import type { Measured } from "../../../sandbox/media.ts";
import { invalid, missing, noObject, Refusal } from "../../../sandbox/meta/graph.ts";
import { takeBytes } from "../../../sandbox/meta/rupload.ts";
import type { Call, Outcome, PlatformAnswer, SandboxRoute } from "../../../sandbox/platform.ts";
import { integer, text, textOrNull, type Row } from "../../../sandbox/store.ts";
import { fbError } from "./errors.ts";
import { graph, HOST, withViewer, type PageViewer, type Viewer } from "./viewer.ts";

/** Files that an app uploads for later use, each identified by a handle. Source: Graph API guides, upload, 2026. */
export const HANDLES_SCHEMA = `
CREATE TABLE IF NOT EXISTS facebook_uploads (
  id TEXT PRIMARY KEY, app_id TEXT NOT NULL, file_size INTEGER NOT NULL, received INTEGER NOT NULL DEFAULT 0,
  handle TEXT UNIQUE, media TEXT) WITHOUT ROWID;`;

export const HANDLE_ROUTES: readonly SandboxRoute[] = [
  { method: "POST", host: HOST, path: "/{app}/uploads", operation: "upload", run: withViewer(open) },
  { method: "POST", host: HOST, path: "/upload:{id}", operation: "upload", rawBody: true, run: withViewer(receive) },
  { method: "GET", host: HOST, path: "/upload:{id}", operation: "status", run: withViewer(readProgress) },
];

interface Session {
  id: string;
  appId: string;
  fileSizeBytes: number;
  receivedBytes: number;
  handle: string | null;
}

const MediaSchema = z.custom<Measured>((value) => typeof value === "object" && value !== null && "sizeBytes" in value);

/** The file behind a handle. */
export function handleMedia(call: Call, { token }: PageViewer, handle: string): Measured {
  const row = call.world.store.get(
    "SELECT media FROM facebook_uploads WHERE handle = ? AND app_id = ?",
    handle,
    token.clientId,
  );
  if (!row) throw invalid("fbuploader_video_file_chunk is no valid upload handle.");
  return MediaSchema.parse(JSON.parse(text(row, "media")));
}

function open(call: Call, { token }: Viewer): PlatformAnswer {
  const { params, segments, world } = call;
  if (segments["app"] !== token.clientId && segments["app"] !== "app") throw noObject(segments["app"] ?? "");
  const size = Number(params["file_length"] ?? NaN);
  if (!Number.isSafeInteger(size) || size < 1) throw missing("file_length");
  if (!params["file_type"]) throw missing("file_type");
  const id = randomSecret("MTphdHRhY2htZW50Oj", 24);
  world.store.run("INSERT INTO facebook_uploads (id, app_id, file_size) VALUES (?, ?, ?)", id, token.clientId, size);
  return graph.answer(call, { id: `upload:${id}` });
}

function receive(call: Call, viewer: Viewer): Outcome {
  const session = find(call, viewer);
  const offset = Number(call.headers["file_offset"] ?? NaN);
  if (offset !== session.receivedBytes && offset !== 0)
    throw new Refusal({ ...fbError("1363037"), data: { start_offset: String(session.receivedBytes) } });
  if (call.body.kind !== "bytes") throw new Refusal(fbError("6000"));
  const name = `facebook-upload-${session.id}`;
  return takeBytes(call, { name, offset, fileSize: session.fileSizeBytes, bytes: call.body.bytes }).then(
    ({ bytes, media }) =>
      () => {
        call.world.store.run("UPDATE facebook_uploads SET received = ? WHERE id = ?", bytes, session.id);
        if (!media) throw new Refusal(fbError("6001"));
        const handle = randomSecret("2:", 48);
        call.world.store.run(
          "UPDATE facebook_uploads SET handle = ?, media = ? WHERE id = ?",
          handle,
          JSON.stringify(media),
          session.id,
        );
        return graph.answer(call, { h: handle });
      },
  );
}

function readProgress(call: Call, viewer: Viewer): PlatformAnswer {
  const session = find(call, viewer);
  return graph.answer(call, { id: `upload:${session.id}`, file_offset: String(session.receivedBytes) });
}

function find(call: Call, { token }: Viewer): Session {
  const id = call.segments["id"] ?? "";
  const row = call.world.store.get("SELECT * FROM facebook_uploads WHERE id = ? AND app_id = ?", id, token.clientId);
  if (!row) throw noObject(`upload:${id}`);
  return toSession(row);
}

function toSession(row: Row): Session {
  return {
    id: text(row, "id"),
    appId: text(row, "app_id"),
    fileSizeBytes: integer(row, "file_size"),
    receivedBytes: integer(row, "received"),
    handle: textOrNull(row, "handle"),
  };
}
