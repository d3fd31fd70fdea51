import { z } from "zod";

import { randomSecret } from "../../../sandbox/identity.ts";
import { PictureSchema, pictureOf } from "../../../sandbox/ledger.ts";
import type { Measured } from "../../../sandbox/media.ts";
import type { Call } from "../../../sandbox/platform.ts";
import { integer, integerOrNull, text, textOrNull, type Row } from "../../../sandbox/store.ts";

/**
 * Images, videos and documents before they are used in a post: WAITING_UPLOAD, PROCESSING, then AVAILABLE or PROCESSING_FAILED.
 * Source: LinkedIn docs, images-api, videos-api and documents-api, 2026-05; the times are the sandbox's choice.
 */
export interface Asset {
  urn: string;
  kind: z.infer<typeof Kind>;
  owner: string;
  state: "WAITING_UPLOAD" | "PROCESSING" | "AVAILABLE" | "PROCESSING_FAILED";
  failure: string | null;
  /** What the upload URLs are signed with. */
  secret: string;
  /** Milliseconds since 1970. */
  urlsExpireAt: number;
  /** For a video, as announced. */
  sizeBytes: number | null;
  uploadToken: string;
  /** Videos whose parts were combined in the wrong order. */
  scrambled: boolean;
  facts: AssetFacts | null;
  /** The file name of a video's custom thumbnail. */
  cover: string | null;
}

const Kind = z.enum(["image", "video", "document"]);

const AssetFacts = PictureSchema.extend({ sha256: z.string() });

export type AssetFacts = z.infer<typeof AssetFacts>;

export const ASSETS_SCHEMA = `
CREATE TABLE IF NOT EXISTS linkedin_assets (
  urn TEXT PRIMARY KEY, kind TEXT NOT NULL, owner TEXT NOT NULL, secret TEXT NOT NULL, urls_expire_at INTEGER NOT NULL,
  size_bytes INTEGER, upload_token TEXT NOT NULL, ready_at INTEGER, reads INTEGER NOT NULL DEFAULT 0,
  slow_seconds INTEGER NOT NULL DEFAULT 0, forced TEXT, failure TEXT, scrambled INTEGER NOT NULL DEFAULT 0, facts TEXT,
  cover TEXT) WITHOUT ROWID;`;

/** A part's URL is valid for about 30 days. */
const URL_LIFE_MS = 30 * 86_400_000;

export function addAsset(
  call: Call,
  draft: { kind: Asset["kind"]; owner: string; sizeBytes: number | null; uploadToken: string },
): Asset {
  const prefix = { image: "D4E10AQ", video: "D4E05AQ", document: "D4D1FAQ" }[draft.kind];
  const urn = `urn:li:${draft.kind}:${prefix}${randomSecret("", 9)}`;
  call.world.store.run(
    `INSERT INTO linkedin_assets (urn, kind, owner, secret, urls_expire_at, size_bytes, upload_token)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    urn,
    draft.kind,
    draft.owner,
    randomSecret("", 24),
    call.now + URL_LIFE_MS,
    draft.sizeBytes,
    draft.uploadToken,
  );
  actOut(call, urn);
  const asset = findAsset(call, urn);
  if (!asset) throw new Error("the new asset is not there");
  return asset;
}

export function findAsset(call: Call, urn: string): Asset | undefined {
  const row = call.world.store.get("SELECT * FROM linkedin_assets WHERE urn = ?", urn);
  return row && toAsset(row, call.now);
}

/** The bytes have arrived; processing ends immediately for an image and after some seconds for a video. */
export function receiveAsset(
  call: Call,
  urn: string,
  got: { measured: Measured; failure: string | null; seconds: number; scrambled?: boolean },
): void {
  call.world.store.run(
    `UPDATE linkedin_assets SET ready_at = ? + 1000 * max(?, slow_seconds), reads = 0, failure = ?, scrambled = ?,
       facts = ? WHERE urn = ?`,
    call.now,
    got.seconds,
    got.failure,
    got.scrambled ? 1 : 0,
    JSON.stringify({ ...pictureOf(got.measured), sha256: got.measured.sha256 }),
    urn,
  );
  actOut(call, urn);
}

/** One status read. The third ends processing, so that a client with accelerated time is not kept waiting. */
export function readAsset(call: Call, urn: string): void {
  const { store } = call.world;
  if (call.behaviour?.name === "process_forever") actOut(call, urn);
  store.run("UPDATE linkedin_assets SET reads = reads + 1 WHERE urn = ? AND ready_at IS NOT NULL", urn);
  store.run("UPDATE linkedin_assets SET ready_at = 0 WHERE urn = ? AND reads > 2 AND slow_seconds = 0", urn);
}

/** The effect of a fault on the asset of this call. */
export function actOut(call: Call, urn: string): void {
  const { store } = call.world;
  const { name, number } = call.behaviour ?? { name: "", number: null };
  const forced = { process_forever: "PROCESSING", "processing-failed": "PROCESSING_FAILED" }[name];
  if (forced !== undefined) store.run("UPDATE linkedin_assets SET forced = ? WHERE urn = ?", forced, urn);
  if (name === "processing-slow-{n}s") {
    store.run(
      `UPDATE linkedin_assets SET slow_seconds = ?, ready_at = CASE WHEN ready_at IS NULL THEN NULL ELSE ? END
       WHERE urn = ?`,
      number ?? 0,
      call.now + (number ?? 0) * 1000,
      urn,
    );
  }
}

function toAsset(row: Row, now: number): Asset {
  const facts = textOrNull(row, "facts");
  return {
    urn: text(row, "urn"),
    kind: Kind.parse(text(row, "kind")),
    owner: text(row, "owner"),
    state: stateOf(row, now),
    failure: textOrNull(row, "failure"),
    secret: text(row, "secret"),
    urlsExpireAt: integer(row, "urls_expire_at"),
    sizeBytes: integerOrNull(row, "size_bytes"),
    uploadToken: text(row, "upload_token"),
    scrambled: integer(row, "scrambled") === 1,
    facts: facts === null ? null : AssetFacts.parse(JSON.parse(facts)),
    cover: textOrNull(row, "cover"),
  };
}

function stateOf(row: Row, now: number): Asset["state"] {
  const readyAt = integerOrNull(row, "ready_at");
  if (readyAt === null) return "WAITING_UPLOAD";
  const forced = textOrNull(row, "forced");
  if (now < readyAt || forced === "PROCESSING") return "PROCESSING";
  return textOrNull(row, "failure") === null && forced === null ? "AVAILABLE" : "PROCESSING_FAILED";
}
