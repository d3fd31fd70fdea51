import { beginUpload } from "../../media/resumable-uploads.ts";
import type { Answer, Call } from "../caller.ts";
import { write } from "../idempotency.ts";
import type { Services } from "../services.ts";

/** What is said of a file before it arrives. */
export interface AnnouncedFile {
  filename: string;
  /** Null claims nothing. */
  mimeType: string | null;
  /** `Upload-Metadata` as it was sent. */
  metadata: string | null;
  lengthBytes: number;
}

/** Begins an upload that arrives in several requests. */
export async function beginResumableUpload(services: Services, call: Pick<Call, "userId" | "mode" | "claim">, file: AnnouncedFile): Promise<Answer<{ upload: { id: string; expiresAt: string } }>> {
  return await write(services, call, async (tx) => {
    const { id, expires_at } = await beginUpload(tx, call, file);
    return { body: { upload: { id, expiresAt: expires_at.toISOString() } } };
  });
}
