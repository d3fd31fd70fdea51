import type { Issue } from "../../../model/errors.ts";
import type { ReceivedFile } from "../../media/uploads/receive.ts";

/** A file that came with a request. */
export interface Upload {
  /** The form's field it came in. */
  field: string;
  filename: string;
  /** Stored and measured; null where it was refused, as `issues` say. */
  received: ReceivedFile | null;
  issues: Issue[];
}
