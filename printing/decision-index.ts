import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { table } from "./markdown.ts";

const FOLDER = join(import.meta.dirname, "../docs/decisions");

/** All decision pages with the status given below their titles. */
export function decisionIndex(): string {
  const rows = readdirSync(FOLDER)
    .filter((file) => /^\d{4}-.*\.md$/.test(file))
    .sort()
    .map((file) => {
      const [, title, status] =
        /^# (.+)\n\n\*\*Status\.\*\* ((?:Accepted|Superseded) \d{4}-\d\d-\d\d\..*)\n/.exec(
          readFileSync(join(FOLDER, file), "utf8"),
        ) ?? [];
      if (title === undefined || status === undefined)
        throw new Error(`docs/decisions/${file} needs "**Status.** Accepted YYYY-MM-DD." below its title`);
      return [`[${file.slice(0, 4)}](${file})`, title, status.replace(/\.$/, "")];
    });
  return [
    "# Decisions",
    "",
    "Choices that are not obvious: their context, the decision and its consequences. " +
      "A decision that no longer applies stays here and names its replacement.",
    "",
    ...table(["", "Decision", "Status"], rows),
    "",
  ].join("\n");
}
