import { isAllowed, type PostStatus } from "../../model/status.ts";
import { may, needsApproval } from "../shell/workspace.ts";

/** Whether the person may edit a post with this status. What needs an approval cannot keep a time. */
export function mayEdit(status: PostStatus): boolean {
  return isAllowed(status, "edit") && may("posts_update") && !(needsApproval && status === "scheduled");
}
