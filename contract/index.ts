import { accountsGet, accountsList } from "./accounts.ts";
import { connectLinksCreate, connectLinksGet, connectLinksList, connectLinksRevoke } from "./connect-links.ts";
import { mediaCreate, mediaDelete, mediaGet, mediaList } from "./media.ts";
import type { Operation } from "./operation.ts";
import { platformSetsCreate, platformSetsDelete, platformSetsList, platformSetsRename } from "./platform-sets.ts";
import { platformsGet, platformsList } from "./platforms.ts";
import { postsAttempts } from "./post-attempts.ts";
import { postsCancel, postsCreate, postsDelete, postsEvents, postsGet, postsList, postsPublish, postsRetry, postsUpdate, postsValidate } from "./posts.ts";

/** The public surface, whole. */
export const OPERATIONS: readonly Operation[] = [
  postsCreate,
  postsList,
  postsValidate,
  postsGet,
  postsUpdate,
  postsDelete,
  postsCancel,
  postsPublish,
  postsRetry,
  postsAttempts,
  postsEvents,
  platformSetsList,
  platformSetsCreate,
  platformSetsRename,
  platformSetsDelete,
  accountsList,
  accountsGet,
  connectLinksCreate,
  connectLinksList,
  connectLinksGet,
  connectLinksRevoke,
  mediaCreate,
  mediaList,
  mediaGet,
  mediaDelete,
  platformsList,
  platformsGet,
];
