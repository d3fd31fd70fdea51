import type { SearchSchemaInput } from "@tanstack/react-router";

/** `post` edits a post, `from` copies one, `at` proposes a time, `media` is the ID of a stored file to begin with. */
export interface ComposeSearch {
  post?: string | undefined;
  from?: string | undefined;
  at?: string | undefined;
  media?: string | undefined;
}

export function readComposeSearch({ post, from, at, media }: ComposeSearch & SearchSchemaInput): ComposeSearch {
  return { post, from, at, media };
}
