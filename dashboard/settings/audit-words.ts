import { useLingui } from "@lingui/react/macro";

import type { AuditEvent } from "../../contract/operations/audit.ts";
import type { AuditAction } from "../../model/audit-action.ts";
import type { KINDS } from "./audit-filter.ts";

export function useKindNames(): Readonly<Record<(typeof KINDS)[number], string>> {
  const { t } = useLingui();
  return {
    user: t`Account and sign-in`,
    member: t`People`,
    two_factor: t`Two-factor authentication`,
    passkey: t`Passkeys`,
    session: t`Sessions`,
    api_key: t`API keys`,
    platform_set: t`Platform sets`,
    post: t`Posts`,
    account: t`Connected accounts`,
    oauth_app: t`Own apps`,
    connect_link: t`Connect links`,
    webhook: t`Webhooks`,
    publishing: t`Publishing pauses`,
    tenant: t`Changes by the operator`,
  };
}

/** Kinds of those who do something. */
export function useActorKinds(): Readonly<Record<AuditEvent["actor"]["kind"], string>> {
  const { t } = useLingui();
  return {
    session: t`you and members`,
    key: t`an API key`,
    connect_link: t`a connect link`,
    instance: t`Ampost or its operator`,
    visitor: t`someone who was not signed in`,
  };
}

/** Who did something, as the end of "… by you". */
export function useActorName(): (event: Pick<AuditEvent, "actor" | "data">) => string {
  const { t } = useLingui();
  const kinds = useActorKinds();
  return ({ actor: { kind, name }, data }) => {
    if (data["memberUserId"] !== undefined) return name ?? t`a former member`;
    switch (kind) {
      case "session":
        return t`you`;
      case "key":
        return name === null ? kinds.key : t`API key ${name}`;
      case "connect_link":
      case "instance":
      case "visitor":
        return kinds[kind];
    }
  };
}

/** What a user's own log can have. */
type Recorded = Exclude<AuditAction, "user.deleted" | `operator_key.${string}` | `encryption.${string}`>;

/** What happened. */
export function useActionName(): (action: string) => string {
  const { t } = useLingui();
  const names: Readonly<Record<string, string>> = {
    "user.created": t`Account created`,
    "user.signed_in": t`Signed in`,
    "user.sign_in_failed": t`Sign-in failed`,
    "user.signed_out": t`Signed out`,
    "user.email_verified": t`Email address confirmed`,
    "user.password_changed": t`Password changed`,
    "user.password_reset": t`Password reset`,
    "user.settings_changed": t`Settings changed`,
    "user.exported": t`Data exported`,
    "user.invited": t`Invitation sent`,
    "user.invite_withdrawn": t`Invitation revoked`,
    "user.plan_changed": t`Plan changed`,
    "member.invited": t`Person invited to the workspace`,
    "member.invite_withdrawn": t`Invitation to the workspace revoked`,
    "member.joined": t`Person joined the workspace`,
    "member.role_changed": t`Role of a member changed`,
    "member.removed": t`Member removed`,
    "member.left": t`Member left the workspace`,
    "two_factor.enabled": t`Two-factor authentication turned on`,
    "two_factor.disabled": t`Two-factor authentication turned off`,
    "passkey.added": t`Passkey added`,
    "passkey.removed": t`Passkey removed`,
    "session.revoked": t`Session signed out`,
    "api_key.created": t`API key created`,
    "api_key.rolled": t`API key rolled`,
    "api_key.revoked": t`API key revoked`,
    "platform_set.created": t`Platform set created`,
    "platform_set.renamed": t`Platform set renamed`,
    "platform_set.posting_times_changed": t`Posting times changed`,
    "platform_set.deleted": t`Platform set deleted`,
    "post.approved": t`Post approved`,
    "post.sent_back": t`Post sent back`,
    "post.resolved": t`Outcome of a post reported`,
    "oauth_app.saved": t`Own app saved`,
    "oauth_app.deleted": t`Own app deleted`,
    "account.connected": t`Account connected`,
    "account.reconnected": t`Account reconnected`,
    "account.refreshed": t`Account refreshed`,
    "account.posting_times_changed": t`Posting times of an account changed`,
    "account.disconnected": t`Account disconnected`,
    "account.expired": t`Access to an account expired`,
    "account.revoked": t`Access to an account revoked`,
    "account.data_deleted": t`Data of an account deleted`,
    "connect_link.created": t`Connect link created`,
    "connect_link.used": t`Connect link used`,
    "connect_link.revoked": t`Connect link revoked`,
    "webhook.created": t`Webhook created`,
    "webhook.changed": t`Webhook changed`,
    "webhook.deleted": t`Webhook deleted`,
    "webhook.secret_rotated": t`Secret of a webhook rotated`,
    "tenant.created": t`Account created by the operator`,
    "tenant.changed": t`Account changed by the operator`,
    "tenant.suspended": t`Account suspended`,
    "tenant.resumed": t`Account resumed`,
    "publishing.paused": t`Publishing paused`,
    "publishing.resumed": t`Publishing resumed`,
  } satisfies Record<Recorded, string>;
  // A newer server may know more.
  return (action) => names[action] ?? action.replaceAll(/[._]/g, " ");
}
