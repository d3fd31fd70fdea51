import { cutText } from "./cut-text.ts";
import { issueOf, type Issue } from "./errors.ts";

/** Nobody reads more of them in one answer. Whoever finds more may stop at the next. */
export const MAX_ISSUES = 100;

/** The issues as they are shown: none of them long, not too many, and a note where there are more. */
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

/** What leads to a name that is too long ends before it. */
function boundPath(path: string): string {
  return path.length <= 500 ? path : path.slice(0, path.lastIndexOf("/", 500));
}

/** Short values are shown as they are; of the rest, how they begin or what they are. */
function bounded(value: unknown): unknown {
  if (typeof value === "string") return excerpt(value, 200);
  if (typeof value !== "object" || value === null || sizeOf(value, 2000) <= 2000) return value;
  return Array.isArray(value) ? `an array of ${value.length}` : "an object";
}

function excerpt(text: string, length: number): string {
  return text.length <= length ? text : `${cutText(text, length)}…`;
}

/** About how long a value is as JSON, looked at no further than to `enough`. */
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
