import { enforceStorageQuota } from "../../media/storage-quota.ts";
import { type AnnouncedFile, beginUpload } from "../../media/uploads/resumable-uploads.ts";
import type { Answer, Call } from "../call.ts";
import { write } from "../idempotency.ts";
import type { Services } from "../services.ts";
import { countUploadsAgainstQuota } from "./upload.ts";

/** Begins an upload that arrives in several requests. It counts from now on, finished or not. */
export async function beginResumableUpload(
  services: Services,
  call: Pick<Call, "userId" | "mode" | "claim">,
  file: AnnouncedFile,
): Promise<Answer<{ upload: { id: string; expiresAt: string } }>> {
  return await write(services, call, async (tx) => {
    const { id, expires_at } = await beginUpload(tx, call, file);
    await enforceStorageQuota(tx, services, call, file.lengthBytes);
    await countUploadsAgainstQuota(services, tx, call, 1);
    return { body: { upload: { id, expiresAt: expires_at.toISOString() } } };
  });
}
