import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { table } from "./markdown.ts";

const FOLDER = join(import.meta.dirname, "../docs/decisions");

/** Every decision page with its status, which stands below its title. */
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
    "Choices that are not obvious: the context, what was decided, and what was given up for it. A decision that no longer holds stays, and names the one that replaced it.",
    "",
    ...table(["", "Decision", "Status"], rows),
    "",
  ].join("\n");
}
