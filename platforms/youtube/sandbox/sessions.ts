import { z } from "zod";

import { randomSecret } from "../../../sandbox/identity.ts";
import type { Call, PlatformAnswer } from "../../../sandbox/platform.ts";
import { integer, integerOrNull, text, textOrNull } from "../../../sandbox/store.ts";
import { Metadata, PARTS, type Part } from "./metadata.ts";

/** A resumable upload: its opening request, its progress, and its final response. */
export interface Session {
  id: string;
  channelId: string;
  parts: Part[];
  metadata: Metadata;
  /** `notifySubscribers` as sent. */
  notify: string | null;
  fileName: string | null;
  /** Null until a client sends the size. */
  totalBytes: number | null;
  storedBytes: number;
  expiresAt: number;
  facts: SessionFacts;
  /** Returned to every later query. */
  answer: PlatformAnswer | null;
}

/** What tests have set for the future video. */
const SessionFacts = z.object({
  fate: z.string().nullable(),
  stuck: z.boolean(),
  listLagSeconds: z.number(),
  requestedPrivacy: z.string().nullable(),
  /** The status of a session that was forced to end. */
  gone: z.number().nullable(),
});

type SessionFacts = z.infer<typeof SessionFacts>;

export const SESSIONS_SCHEMA = `
CREATE TABLE IF NOT EXISTS youtube_sessions (
  id TEXT PRIMARY KEY, channel_id TEXT NOT NULL, parts TEXT NOT NULL, metadata TEXT NOT NULL, notify TEXT,
  file_name TEXT, total_bytes INTEGER, stored_bytes INTEGER NOT NULL DEFAULT 0, expires_at INTEGER NOT NULL,
  facts TEXT NOT NULL, answer TEXT) WITHOUT ROWID;`;

/** Google documents no duration for YouTube; its other upload APIs keep a session for a week. */
const LIFE_MS = 7 * 86_400_000;

export function addSession(
  call: Call,
  opened: Omit<Session, "id" | "storedBytes" | "expiresAt" | "facts" | "answer">,
  facts: SessionFacts,
): string {
  const id = randomSecret("AE", 45);
  call.world.store.run(
    `INSERT INTO youtube_sessions (id, channel_id, parts, metadata, notify, file_name, total_bytes, expires_at, facts)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    id,
    opened.channelId,
    JSON.stringify(opened.parts),
    JSON.stringify(opened.metadata),
    opened.notify,
    opened.fileName,
    opened.totalBytes,
    call.now + LIFE_MS,
    JSON.stringify(facts),
  );
  return id;
}

const Answer = z.object({ status: z.number(), headers: z.record(z.string(), z.string()), body: z.string() });

export function findSession(call: Call): Session | undefined {
  const row = call.world.store.get("SELECT * FROM youtube_sessions WHERE id = ?", call.query.get("upload_id") ?? "");
  if (!row) return undefined;
  const answer = textOrNull(row, "answer");
  return {
    id: text(row, "id"),
    channelId: text(row, "channel_id"),
    parts: z.array(z.enum(PARTS)).parse(JSON.parse(text(row, "parts"))),
    metadata: Metadata.parse(JSON.parse(text(row, "metadata"))),
    notify: textOrNull(row, "notify"),
    fileName: textOrNull(row, "file_name"),
    totalBytes: integerOrNull(row, "total_bytes"),
    storedBytes: integer(row, "stored_bytes"),
    expiresAt: integer(row, "expires_at"),
    facts: SessionFacts.parse(JSON.parse(text(row, "facts"))),
    answer: answer === null ? null : Answer.parse(JSON.parse(answer)),
  };
}

export function setStored(call: Call, id: string, storedBytes: number, totalBytes: number | null): void {
  call.world.store.run(
    "UPDATE youtube_sessions SET stored_bytes = ?, total_bytes = ? WHERE id = ?",
    storedBytes,
    totalBytes,
    id,
  );
}

export function endSession(call: Call, id: string, answer: PlatformAnswer): void {
  call.world.store.run(
    "UPDATE youtube_sessions SET answer = ? WHERE id = ?",
    JSON.stringify({ ...answer, body: String(answer.body) }),
    id,
  );
}

/** The effect of this call's fault, in addition to that of earlier ones. */
export function addFacts({ behaviour }: Pick<Call, "behaviour">, facts: SessionFacts): SessionFacts {
  const name = behaviour?.name ?? "";
  const fate = /^(failed|rejected|processing)-(\w+)$/.exec(name);
  return {
    ...facts,
    ...(fate && { fate: `${fate[1]}:${fate[2]}` }),
    ...(name === "process_forever" && { stuck: true }),
    ...(name.startsWith("playlist-lag-") && { listLagSeconds: behaviour?.number ?? 0 }),
    ...(name === "session-expired" && { gone: 404 }),
    ...(name === "session-gone" && { gone: 410 }),
  };
}

export function setFacts(call: Call, session: Session): Session {
  const facts = addFacts(call, session.facts);
  call.world.store.run("UPDATE youtube_sessions SET facts = ? WHERE id = ?", JSON.stringify(facts), session.id);
  return { ...session, facts };
}
