import type { Mode } from "./platform-names.ts";

/** On whose behalf something is done: all reads and writes are scoped to this pair. */
export interface Tenant {
  userId: string;
  mode: Mode;
}

/** A tenant's account. */
export interface AccountKey extends Tenant {
  accountId: string;
}

/** A tenant's post. */
export interface PostKey extends Tenant {
  postId: string;
}
