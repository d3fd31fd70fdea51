import { exportPages } from "../../db/queries/user-data.ts";
import { recordAudit } from "../audit/record-audit.ts";
import type { Call } from "../call.ts";
import type { Services } from "../services.ts";
import { getMe } from "./me.ts";

const PAGE = 500;
/** A post's content can have megabytes. */
const PAGE_OF_POSTS = 10;

/**
 * Everything stored about the user, in both modes, as the text of one JSON object, in pieces: it is never in memory as
 * a whole. Contains no secrets, and no media bytes, which have their own URLs. Throws NOT_FOUND before the first piece.
 */
export async function exportUser(
  { pool }: Pick<Services, "pool">,
  call: Pick<Call, "userId" | "actor" | "address" | "requestId">,
): Promise<AsyncGenerator<string>> {
  const { user } = (await getMe({ pool }, call)).body;
  await recordAudit(pool, call, { userId: call.userId, action: "user.exported" });
  async function* pieces(): AsyncGenerator<string> {
    yield `{"exportedAt":${JSON.stringify(new Date().toISOString())},"user":${JSON.stringify(user)}`;
    for (const [name, page] of Object.entries(exportPages)) {
      const size = name === "posts" ? PAGE_OF_POSTS : PAGE;
      yield `,${JSON.stringify(name)}:[`;
      for (let after = "", first = true; ; first = false) {
        const rows = await page.all(pool, [call.userId, after, size]);
        if (rows.length > 0) yield (first ? "" : ",") + rows.map((row) => JSON.stringify(row)).join(",");
        after = rows.at(-1)?.id ?? "";
        if (rows.length < size) break;
      }
      yield "]";
    }
    yield "}\n";
  }
  return pieces();
}
