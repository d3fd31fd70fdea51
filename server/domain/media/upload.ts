import type { Issue } from "../../../model/errors.ts";
import type { ReceivedFile } from "../../media/uploads/receive.ts";

/** A file sent with a request. */
export interface Upload {
  /** The form field it was sent in. */
  field: string;
  filename: string;
  /** Stored and measured; null if it was rejected, with the reasons in `issues`. */
  received: ReceivedFile | null;
  issues: Issue[];
}
