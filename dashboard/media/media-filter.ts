import type { SearchSchemaInput } from "@tanstack/react-router";

import { MEDIA_TYPES, type MediaType } from "../../model/post.ts";

/** Which files the library shows, and which of them is open, as in its address. */
export interface MediaFilter {
  type?: MediaType | undefined;
  use?: "used" | "unused" | undefined;
  search?: string | undefined;
  /** ID of a media object. */
  open?: string | undefined;
}

export function readMediaFilter({ type, use, search, open }: MediaFilter & SearchSchemaInput): MediaFilter {
  return {
    type: MEDIA_TYPES.find((each) => each === type),
    use: use === "used" || use === "unused" ? use : undefined,
    search: textOf(search),
    open: textOf(open),
  };
}

/** Addresses are read as JSON, so that a search for 2026 is a number. */
function textOf(given: unknown): string | undefined {
  return given === undefined || given === "" ? undefined : String(given);
}
