import type { SearchSchemaInput } from "@tanstack/react-router";

/** `post` edits a post, `from` copies one, `at` proposes a time. */
export interface ComposeSearch {
  post?: string | undefined;
  from?: string | undefined;
  at?: string | undefined;
}

export function readComposeSearch({ post, from, at }: ComposeSearch & SearchSchemaInput): ComposeSearch {
  return { post, from, at };
}
