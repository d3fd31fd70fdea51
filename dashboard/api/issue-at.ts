import type { AmpostError } from "../../client/errors.ts";

/** What is wrong with the field at this JSON Pointer, or below it. */
export function issueAt(error: AmpostError | null, path: string): string | undefined {
  const issue = error?.issues.find((each) => each.path === path || each.path.startsWith(`${path}/`));
  return issue && `${issue.message}. ${issue.fix}`;
}

/** Whether a field shows all of what is wrong. */
export function isBesideFields(error: AmpostError, paths: readonly string[]): boolean {
  return (
    error.issues.length > 0 &&
    error.issues.every(({ path }) => paths.some((each) => path === each || path.startsWith(`${each}/`)))
  );
}
