import { accountContext } from "../../contract/operations/account-context.ts";
import { accountsGet, accountsList } from "../../contract/operations/accounts.ts";
import { keysCreate, keysList, keysRevoke, keysRoll } from "../../contract/operations/api-keys.ts";
import { approvalsList, postsApproval, postsApprove, postsSendBack } from "../../contract/operations/approvals.ts";
import { auditList } from "../../contract/operations/audit.ts";
import { billingCheckout, billingGet, billingPortal } from "../../contract/operations/billing.ts";
import {
  connectLinksCreate,
  connectLinksGet,
  connectLinksList,
  connectLinksRevoke,
} from "../../contract/operations/connect-links.ts";
import {
  accountsDisconnect,
  accountsRefresh,
  connectionsChoices,
  connectionsChoose,
  connectionsStart,
  oauthAppsDelete,
  platformSetsConnectOptions,
  oauthAppsList,
  oauthAppsSave,
} from "../../contract/operations/connections.ts";
import { invitesCreate, invitesDelete, invitesList } from "../../contract/operations/invites.ts";
import {
  legacyPostsCancel,
  legacyPostsDelete,
  legacyPostsGet,
  legacyPostsList,
  legacyPostsPublish,
  legacyPostsRetry,
  legacyPostsUpdate,
} from "../../contract/operations/legacy-posts.ts";
import { meDelete, meGet, meUpdate } from "../../contract/operations/me.ts";
import {
  mediaCreate,
  mediaCrop,
  mediaDelete,
  mediaGet,
  mediaList,
  mediaPosts,
  mediaUpdate,
  mediaUploadUrl,
} from "../../contract/operations/media.ts";
import { notificationsGet, notificationsUpdate } from "../../contract/operations/notifications.ts";
import { appsDelete, appsList, appsSave } from "../../contract/operations/own-apps.ts";
import {
  legacySetsCreate,
  legacySetsDelete,
  legacySetsList,
  legacySetsRename,
  platformSetsCreate,
  platformSetsDelete,
  platformSetsList,
  platformSetsRename,
} from "../../contract/operations/platform-sets.ts";
import { platformsGet, platformsList } from "../../contract/operations/platforms.ts";
import { postsAttempts } from "../../contract/operations/post-attempts.ts";
import {
  accountsGetPostingTimes,
  accountsSetPostingTimes,
  platformSetsGetPostingTimes,
  platformSetsSetPostingTimes,
} from "../../contract/operations/posting-times.ts";
import {
  postsCancel,
  postsCreate,
  postsDelete,
  postsGet,
  postsList,
  postsPublish,
  postsResolve,
  postsRetry,
  postsUpdate,
  postsValidate,
} from "../../contract/operations/posts.ts";
import { publishingStats } from "../../contract/operations/publishing-stats.ts";
import { publishingGet, publishingPause, publishingResume } from "../../contract/operations/publishing.ts";
import { requestsGet, requestsList } from "../../contract/operations/requests.ts";
import { sandboxFaultsGet, sandboxFaultsSet } from "../../contract/operations/sandbox-faults.ts";
import { sessionsList, sessionsRevoke, sessionsRevokeOthers } from "../../contract/operations/sessions.ts";
import {
  tenantsCreate,
  tenantsCreateKey,
  tenantsDelete,
  tenantsDeleteApp,
  tenantsGet,
  tenantsList,
  tenantsListApps,
  tenantsListKeys,
  tenantsRevokeKey,
  tenantsRollKey,
  tenantsSaveApp,
  tenantsUpdate,
  tenantsUsage,
} from "../../contract/operations/tenants.ts";
import { usageGet } from "../../contract/operations/usage.ts";
import {
  deliveriesRedeliver,
  webhooksCreate,
  webhooksDelete,
  webhooksDeliveries,
  webhooksGet,
  webhooksList,
  webhooksRotateSecret,
  webhooksTest,
  webhooksUpdate,
} from "../../contract/operations/webhooks.ts";
import {
  memberInvitesCreate,
  memberInvitesDelete,
  memberInvitesList,
  membersList,
  membersRemove,
  membersUpdate,
  workspacesLeave,
  workspacesList,
} from "../../contract/operations/workspaces.ts";
import { getAccount, listAccounts } from "../domain/accounts/accounts.ts";
import { bindingOfSession, chooseAccount, listChoices, startConnecting } from "../domain/accounts/connect-account.ts";
import { listConnectOptions } from "../domain/accounts/connect-options.ts";
import { disconnectAccount } from "../domain/accounts/disconnect.ts";
import { getAccountPostingTimes, setAccountPostingTimes } from "../domain/accounts/posting-times.ts";
import { refreshAccount } from "../domain/accounts/refresh-account.ts";
import { createOwnKey, listApiKeys, revokeOwnKey, rollOwnKey } from "../domain/api-keys/api-keys.ts";
import { listAuditEvents } from "../domain/audit/list-audit-events.ts";
import { openCheckout, openPortal } from "../domain/billing/checkout.ts";
import { getBilling } from "../domain/billing/get-billing.ts";
import {
  createConnectLink,
  getConnectLink,
  listConnectLinks,
  revokeConnectLink,
} from "../domain/connect-links/connect-links.ts";
import {
  createMedia,
  cropMedia,
  deleteMedia,
  getMedia,
  listMedia,
  listPostsOfMedia,
  updateMedia,
} from "../domain/media/media.ts";
import { createUploadUrl } from "../domain/media/upload-urls.ts";
import { getNotifications, updateNotifications } from "../domain/notifications/notification-settings.ts";
import {
  deleteAppOfPlatformSet,
  deleteOwnApp,
  listAppsOfPlatformSet,
  listOwnApps,
  saveAppOfPlatformSet,
  saveOwnApp,
} from "../domain/oauth-apps/oauth-apps.ts";
import { deletePlatformSet } from "../domain/platform-sets/delete-platform-set.ts";
import { createPlatformSet, listPlatformSets, renamePlatformSet } from "../domain/platform-sets/platform-sets.ts";
import { getPostingTimes, setPostingTimes } from "../domain/platform-sets/posting-times.ts";
import { getPlatform, listPlatforms } from "../domain/platforms/platforms.ts";
import { approvePost, getApproval, sendPostBack } from "../domain/posts/approve-post.ts";
import { createPost } from "../domain/posts/create-post.ts";
import { discardPost } from "../domain/posts/discard-post.ts";
import { getPost } from "../domain/posts/get-post.ts";
import { listApprovals } from "../domain/posts/list-approvals.ts";
import { listAttempts } from "../domain/posts/list-attempts.ts";
import { listPosts } from "../domain/posts/list-posts.ts";
import { publishPost } from "../domain/posts/publish-post.ts";
import { resolvePost } from "../domain/posts/resolve-post.ts";
import { retryPost } from "../domain/posts/retry-post.ts";
import { updatePost } from "../domain/posts/update-post.ts";
import { validatePost } from "../domain/posts/validate-post.ts";
import { getPublishing, pausePublishing, resumePublishing } from "../domain/publishing/pauses.ts";
import { getPublishingStats } from "../domain/publishing/stats.ts";
import { getRequest, listRequests } from "../domain/requests/requests.ts";
import { getSandboxFaults, setSandboxFaults } from "../domain/sandbox/sandbox-faults.ts";
import {
  createTenant,
  createTenantKey,
  deleteTenant,
  deleteTenantApp,
  getTenant,
  getTenantUsage,
  listTenantApps,
  listTenantKeys,
  listTenants,
  revokeTenantKey,
  rollTenantKey,
  saveTenantApp,
  updateTenant,
} from "../domain/tenants/tenants.ts";
import { getUsage } from "../domain/usage/get-usage.ts";
import { getAccountContext } from "../domain/users/account-context.ts";
import { deleteUser } from "../domain/users/delete-user.ts";
import { createInvite, listInvites, withdrawInvite } from "../domain/users/invites.ts";
import { getMe, updateMe } from "../domain/users/me.ts";
import { listSessions, revokeOtherSessions, revokeSession } from "../domain/users/sessions.ts";
import { listDeliveries, redeliver, testWebhook } from "../domain/webhooks/deliveries.ts";
import {
  createWebhook,
  deleteWebhook,
  getWebhook,
  listWebhooks,
  rotateSecret,
  updateWebhook,
} from "../domain/webhooks/webhooks.ts";
import { inviteMember, listMemberInvites, withdrawMemberInvite } from "../domain/workspaces/member-invites.ts";
import {
  changeRole,
  leaveWorkspace,
  listMembers,
  listWorkspaces,
  removeMember,
} from "../domain/workspaces/workspaces.ts";
import { bind, type Binding } from "./bind.ts";
import { legacyCreate } from "./legacy-posts.ts";
import { cancelMany, createMany, moveMany } from "./post-batches.ts";

/** Which verb does which operation. */
export const BINDINGS: readonly Binding[] = [
  bind(postsCreate, createPost),
  createMany,
  bind(postsList, (services, call, { query }) => listPosts(services, call, query)),
  bind(postsValidate, validatePost),
  bind(postsGet, (services, call, { params }) => getPost(services, call, params.id)),
  bind(postsUpdate, (services, call, { params, body, issues }) =>
    updatePost(services, call, params.id, { body, issues }),
  ),
  bind(postsDelete, (services, call, { params }) => discardPost(services, call, params.id)),
  bind(postsCancel, (services, call, { params }) => discardPost(services, call, params.id)),
  cancelMany,
  moveMany,
  bind(postsPublish, (services, call, { params }) => publishPost(services, call, params.id)),
  bind(postsRetry, (services, call, { params, body }) => retryPost(services, call, params.id, body ?? {})),
  bind(postsResolve, (services, call, { params, body }) => resolvePost(services, call, params.id, body)),
  bind(postsAttempts, (services, call, { params }) => listAttempts(services, call, params.id)),
  bind(requestsList, (services, call, { query }) => listRequests(services, call, query)),
  bind(requestsGet, (services, call, { params }) => getRequest(services, call, params.id)),
  bind(usageGet, (services, call) => getUsage(services, call)),
  bind(publishingGet, (services, call) => getPublishing(services, call)),
  bind(publishingPause, (services, call, { body }) => pausePublishing(services, call, body ?? {})),
  bind(publishingResume, (services, call, { body }) => resumePublishing(services, call, body ?? {})),
  bind(publishingStats, (services, call, { query }) => getPublishingStats(services, call, query)),
  bind(platformSetsList, (services, call) => listPlatformSets(services, call)),
  bind(platformSetsCreate, (services, call, { body }) => createPlatformSet(services, call, body.name)),
  bind(platformSetsRename, (services, call, { params, body }) =>
    renamePlatformSet(services, call, params.id, body.name),
  ),
  bind(platformSetsGetPostingTimes, (services, call, { params }) => getPostingTimes(services, call, params.id)),
  bind(platformSetsSetPostingTimes, (services, call, { params, body }) =>
    setPostingTimes(services, call, params.id, body),
  ),
  bind(platformSetsDelete, (services, call, { params }) => deletePlatformSet(services, call, params.id)),
  bind(legacySetsList, (services, call) => listPlatformSets(services, call)),
  bind(legacySetsCreate, (services, call, { body }) => createPlatformSet(services, call, body.name)),
  bind(legacySetsRename, (services, call, { params, body }) => renamePlatformSet(services, call, params.id, body.name)),
  bind(legacySetsDelete, (services, call, { params }) => deletePlatformSet(services, call, params.id)),
  bind(accountsList, (services, call, { query }) => listAccounts(services, call, query)),
  bind(accountsGet, (services, call, { params }) => getAccount(services, call, params.id)),
  bind(accountsGetPostingTimes, (services, call, { params }) => getAccountPostingTimes(services, call, params.id)),
  bind(accountsSetPostingTimes, (services, call, { params, body }) =>
    setAccountPostingTimes(services, call, params.id, body.postingTimes),
  ),
  bind(accountContext, (services, call) => getAccountContext(services, call)),
  bind(sandboxFaultsGet, (services, call, { params }) => getSandboxFaults(services, call, params.id)),
  bind(sandboxFaultsSet, (services, call, { params, body }) =>
    setSandboxFaults(services, call, params.id, body.faults),
  ),
  bind(connectLinksCreate, (services, call, { body }) => createConnectLink(services, call, body)),
  bind(connectLinksList, (services, call, { query }) => listConnectLinks(services, call, query)),
  bind(connectLinksGet, (services, call, { params }) => getConnectLink(services, call, params.id)),
  bind(connectLinksRevoke, (services, call, { params }) => revokeConnectLink(services, call, params.id)),
  bind(mediaCreate, (services, call, { body }) => createMedia(services, call, body)),
  bind(mediaUploadUrl, (services, call, { body }) => createUploadUrl(services, call, body?.filename ?? null)),
  bind(mediaList, (services, call, { query }) => listMedia(services, call, query)),
  bind(mediaGet, (services, call, { params }) => getMedia(services, call, params.id)),
  bind(mediaUpdate, (services, call, { params, body }) => updateMedia(services, call, params.id, body)),
  bind(mediaPosts, (services, call, { params, query }) => listPostsOfMedia(services, call, params.id, query.limit)),
  bind(mediaCrop, (services, call, { params, body }) => cropMedia(services, call, params.id, body)),
  bind(mediaDelete, (services, call, { params }) => deleteMedia(services, call, params.id)),
  bind(platformsList, async (services, _call, { query }) => listPlatforms(services, query)),
  bind(platformsGet, async (services, _call, { params }) => getPlatform(services, params.platform)),
  legacyCreate,
  bind(legacyPostsList, (services, call, { query }) => listPosts(services, call, query)),
  bind(legacyPostsGet, (services, call, { params }) => getPost(services, call, params.id)),
  bind(legacyPostsUpdate, (services, call, { params, body, issues }) =>
    updatePost(services, call, params.id, { body, issues }),
  ),
  bind(legacyPostsDelete, (services, call, { params }) => discardPost(services, call, params.id)),
  bind(legacyPostsCancel, (services, call, { params }) => discardPost(services, call, params.id)),
  bind(legacyPostsPublish, (services, call, { params }) => publishPost(services, call, params.id)),
  bind(legacyPostsRetry, (services, call, { params, body }) => retryPost(services, call, params.id, body ?? {})),
  bind(keysList, async (services, call) => ({ body: { keys: await listApiKeys(services, call) } })),
  bind(keysCreate, (services, call, { body }) => createOwnKey(services, call, body)),
  bind(keysRoll, (services, call, { params, body }) =>
    rollOwnKey(services, call, params.id, body?.overlapSeconds ?? 0),
  ),
  bind(keysRevoke, (services, call, { params }) => revokeOwnKey(services, call, params.id)),
  bind(approvalsList, (services, call, { query }) => listApprovals(services, call, query)),
  bind(postsApproval, (services, call, { params }) => getApproval(services, call, params.id)),
  bind(postsApprove, (services, call, { params, body }) => approvePost(services, call, params.id, body.contentHash)),
  bind(postsSendBack, (services, call, { params, body }) => sendPostBack(services, call, params.id, body)),
  bind(auditList, (services, call, { query }) => listAuditEvents(services, call, query)),
  bind(connectionsStart, (services, call, { params, body }) => startConnecting(services, call, params.platform, body)),
  bind(connectionsChoices, (services, call, { params }) =>
    listChoices(services, { bindings: [bindingOfSession(call.actor)], caller: call }, params.id),
  ),
  bind(connectionsChoose, (services, call, { params, body }) => chooseAccount(services, call, params.id, body)),
  bind(accountsRefresh, (services, call, { params }) => refreshAccount(services, call, params.id)),
  bind(accountsDisconnect, (services, call, { params }) => disconnectAccount(services, call, params.id)),
  bind(platformSetsConnectOptions, (services, call, { params }) => listConnectOptions(services, call, params.id)),
  bind(oauthAppsList, (services, call, { params }) => listAppsOfPlatformSet(services, call, params.id)),
  bind(oauthAppsSave, (services, call, { params, body }) => saveAppOfPlatformSet(services, call, params, body)),
  bind(oauthAppsDelete, (services, call, { params }) => deleteAppOfPlatformSet(services, call, params)),
  bind(meGet, (services, call) => getMe(services, call)),
  bind(meUpdate, (services, call, { body }) => updateMe(services, call, body)),
  bind(meDelete, (services, call, { body }) => deleteUser(services, call, body?.password)),
  bind(notificationsGet, (services, call) => getNotifications(services, call)),
  bind(notificationsUpdate, (services, call, { body }) => updateNotifications(services, call, body)),
  bind(sessionsList, (services, call) => listSessions(services, call)),
  bind(sessionsRevoke, (services, call, { params }) => revokeSession(services, call, params.id)),
  bind(sessionsRevokeOthers, (services, call) => revokeOtherSessions(services, call)),
  bind(invitesList, (services, call) => listInvites(services, call)),
  bind(invitesCreate, (services, call, { body }) => createInvite(services, call, body.email)),
  bind(invitesDelete, (services, call, { params }) => withdrawInvite(services, call, params.id)),
  bind(workspacesList, (services, call) => listWorkspaces(services, call)),
  bind(workspacesLeave, (services, call, { params }) => leaveWorkspace(services, call, params.id)),
  bind(membersList, (services, call) => listMembers(services, call)),
  bind(membersUpdate, (services, call, { params, body }) => changeRole(services, call, params.id, body.role)),
  bind(membersRemove, (services, call, { params }) => removeMember(services, call, params.id)),
  bind(memberInvitesList, (services, call) => listMemberInvites(services, call)),
  bind(memberInvitesCreate, (services, call, { body }) => inviteMember(services, call, body)),
  bind(memberInvitesDelete, (services, call, { params }) => withdrawMemberInvite(services, call, params.id)),
  bind(billingGet, (services, call) => getBilling(services, call)),
  bind(billingCheckout, (services, call, { body }) => openCheckout(services, call, body.plan)),
  bind(billingPortal, (services, call) => openPortal(services, call)),
  bind(webhooksCreate, (services, call, { body }) => createWebhook(services, call, body)),
  bind(webhooksList, (services, call) => listWebhooks(services, call)),
  bind(webhooksGet, (services, call, { params }) => getWebhook(services, call, params.id)),
  bind(webhooksUpdate, (services, call, { params, body }) => updateWebhook(services, call, params.id, body)),
  bind(webhooksDelete, (services, call, { params }) => deleteWebhook(services, call, params.id)),
  bind(webhooksRotateSecret, (services, call, { params }) => rotateSecret(services, call, params.id)),
  bind(webhooksTest, (services, call, { params }) => testWebhook(services, call, params.id)),
  bind(webhooksDeliveries, (services, call, { params, query }) => listDeliveries(services, call, params.id, query)),
  bind(deliveriesRedeliver, (services, call, { params }) => redeliver(services, call, params.id)),
  bind(tenantsList, (services, _call, { query }) => listTenants(services, query)),
  bind(tenantsCreate, (services, call, { body }) => createTenant(services, call, body)),
  bind(tenantsGet, (services, _call, { params }) => getTenant(services, params.id)),
  bind(tenantsUpdate, (services, call, { params, body }) => updateTenant(services, call, params.id, body)),
  bind(tenantsDelete, (services, call, { params }) => deleteTenant(services, call, params.id)),
  bind(tenantsListKeys, (services, _call, { params }) => listTenantKeys(services, params.id)),
  bind(tenantsCreateKey, (services, call, { params, body }) => createTenantKey(services, call, params.id, body)),
  bind(tenantsRollKey, (services, call, { params, body }) =>
    rollTenantKey(services, call, params, body?.overlapSeconds ?? 0),
  ),
  bind(tenantsRevokeKey, (services, call, { params }) => revokeTenantKey(services, call, params)),
  bind(tenantsUsage, (services, _call, { params }) => getTenantUsage(services, params.id)),
  bind(tenantsListApps, (services, call, { params, query }) => listTenantApps(services, call, { ...params, ...query })),
  bind(tenantsSaveApp, (services, call, { params, body }) => saveTenantApp(services, call, params, body)),
  bind(tenantsDeleteApp, (services, call, { params, query }) =>
    deleteTenantApp(services, call, { ...params, ...query }),
  ),
  bind(appsList, (services, call) => listOwnApps(services, call)),
  bind(appsSave, (services, call, { params, body }) => saveOwnApp(services, call, params.platform, body)),
  bind(appsDelete, (services, call, { params }) => deleteOwnApp(services, call, params.platform)),
];
