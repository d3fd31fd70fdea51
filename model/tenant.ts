import type { Mode } from "./platform-names.ts";

/** On whose behalf something is done: all that is read and written goes through this pair. */
export interface Tenant {
  userId: string;
  mode: Mode;
}

/** An account of a tenant's. */
export interface AccountKey extends Tenant {
  accountId: string;
}

/** A post of a tenant's. */
export interface PostKey extends Tenant {
  postId: string;
}
