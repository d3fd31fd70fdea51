import { cutText } from "./cut-text.ts";
import { issueOf, type Issue } from "./errors.ts";

/** The maximum number of issues in one response. Code that finds more can stop. */
export const MAX_ISSUES = 100;

/** The issues as returned: shortened, limited in number, and with a note if there are more. */
export function boundIssues(issues: readonly Issue[]): Issue[] {
  const bounded = issues.slice(0, MAX_ISSUES).map(boundIssue);
  return issues.length <= MAX_ISSUES ? bounded : [...bounded, MORE];
}

const MORE: Issue = issueOf({
  rule: "request.issues",
  message: `There are more than ${MAX_ISSUES} issues; the rest are not shown`,
  limit: MAX_ISSUES,
  fix: "Fix these first, then send the request again.",
});

function boundIssue(issue: Issue): Issue {
  const { path, message, actual, limit, fix } = issue;
  return {
    ...issue,
    path: boundPath(path),
    message: excerpt(message, 1000),
    actual: bounded(actual),
    limit: bounded(limit),
    fix: excerpt(fix, 2000),
  };
}

/** A path ends before a key that is too long. */
function boundPath(path: string): string {
  return path.length <= 500 ? path : path.slice(0, path.lastIndexOf("/", 500));
}

/** Short values are shown in full; others by their beginning or type. */
function bounded(value: unknown): unknown {
  if (typeof value === "string") return excerpt(value, 200);
  if (typeof value !== "object" || value === null || sizeOf(value, 2000) <= 2000) return value;
  return Array.isArray(value) ? `an array of ${value.length}` : "an object";
}

function excerpt(text: string, length: number): string {
  return text.length <= length ? text : `${cutText(text, length)}…`;
}

/** A value's approximate length as JSON, measured only up to `enough`. */
function sizeOf(value: unknown, enough: number): number {
  if (typeof value === "string") return value.length + 2;
  if (typeof value !== "object" || value === null) return 8;
  let size = 2;
  for (const name in value) {
    size += (Array.isArray(value) ? 0 : name.length + 3) + sizeOf(Reflect.get(value, name), enough - size);
    if (size > enough) break;
  }
  return size;
}
