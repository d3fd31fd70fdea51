import type { SearchSchemaInput } from "@tanstack/react-router";

import { PLATFORM_NAMES, type PlatformName } from "../../model/platform-names.ts";
import { POST_STATUSES, type PostStatus } from "../../model/status.ts";

/** Which posts the list shows, as in its address. */
export interface PostFilter {
  status?: PostStatus | undefined;
  platform?: PlatformName | undefined;
  search?: string | undefined;
}

export function readPostFilter({ status, platform, search }: PostFilter & SearchSchemaInput): PostFilter {
  return {
    status: POST_STATUSES.find((each) => each === status),
    platform: PLATFORM_NAMES.find((each) => each === platform),
    search: search === undefined ? undefined : String(search),
  };
}
