import { accountContext } from "./account-context.ts";
import { accountsGet, accountsList } from "./accounts.ts";
import { legacyPostsCancel, legacyPostsCreate, legacyPostsDelete, legacyPostsGet, legacyPostsList, legacyPostsPublish, legacyPostsRetry, legacyPostsUpdate } from "./legacy-posts.ts";
import { keysCreate, keysList, keysRevoke } from "./api-keys.ts";
import { approvalsList, postsApproval, postsApprove } from "./approvals.ts";
import { auditList } from "./audit.ts";
import { connectLinksCreate, connectLinksGet, connectLinksList, connectLinksRevoke } from "./connect-links.ts";
import { accountsDisconnect, accountsRefresh, connectionsChoices, connectionsChoose, connectionsStart, oauthAppsDelete, oauthAppsList, oauthAppsSave } from "./connections.ts";
import { invitesCreate, invitesDelete, invitesList } from "./invites.ts";
import { meDelete, meGet, meUpdate } from "./me.ts";
import { mediaCreate, mediaDelete, mediaGet, mediaList } from "./media.ts";
import type { Operation } from "./operation.ts";
import { legacySetsCreate, legacySetsDelete, legacySetsList, legacySetsRename, platformSetsCreate, platformSetsDelete, platformSetsList, platformSetsRename } from "./platform-sets.ts";
import { platformsGet, platformsList } from "./platforms.ts";
import { postsAttempts } from "./post-attempts.ts";
import { postsCancel, postsCreate, postsDelete, postsEvents, postsGet, postsList, postsPublish, postsRetry, postsUpdate, postsValidate } from "./posts.ts";
import { sessionsList, sessionsRevoke, sessionsRevokeOthers } from "./sessions.ts";
import { deliveriesRedeliver, webhooksCreate, webhooksDelete, webhooksDeliveries, webhooksGet, webhooksList, webhooksRotateSecret, webhooksTest, webhooksUpdate } from "./webhooks.ts";

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
  legacySetsList,
  legacySetsCreate,
  legacySetsRename,
  legacySetsDelete,
  accountsList,
  accountsGet,
  accountContext,
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
  legacyPostsCreate,
  legacyPostsList,
  legacyPostsGet,
  legacyPostsUpdate,
  legacyPostsDelete,
  legacyPostsCancel,
  legacyPostsPublish,
  legacyPostsRetry,
  keysList,
  keysCreate,
  keysRevoke,
  approvalsList,
  postsApproval,
  postsApprove,
  auditList,
  connectionsStart,
  connectionsChoices,
  connectionsChoose,
  accountsRefresh,
  accountsDisconnect,
  oauthAppsList,
  oauthAppsSave,
  oauthAppsDelete,
  meGet,
  meUpdate,
  meDelete,
  sessionsList,
  sessionsRevoke,
  sessionsRevokeOthers,
  invitesList,
  invitesCreate,
  invitesDelete,
  webhooksCreate,
  webhooksList,
  webhooksGet,
  webhooksUpdate,
  webhooksDelete,
  webhooksRotateSecret,
  webhooksTest,
  webhooksDeliveries,
  deliveriesRedeliver,
];
