import type pg from "pg";
import { z } from "zod";

import type { Brand } from "../../../model/brand.ts";
import type { Notice, Notices } from "../../../model/emails.ts";
import type { NotificationKind } from "../../../model/notifications.ts";
import type { Mode } from "../../../model/platform-names.ts";
import { sentence } from "../../../model/sentence.ts";
import { catalog } from "../../../platforms/catalog.ts";
import { loadAuthSecret } from "../../auth/secret.ts";
import { dropSettledNotices, listDueNotices, type NoticeRow, takeNotices } from "../../db/queries/notices.ts";
import { findMe, lockUser } from "../../db/queries/users.ts";
import { transaction } from "../../db/sql.ts";
import { type TryDeps, tryWork } from "../../db/try-work.ts";
import { renderNoticeEmail } from "../../mail/emails.ts";
import { type MailSender, sendMail } from "../../mail/send-mail.ts";
import { brandOfEmail } from "../branding/branding.ts";
import { nameOf } from "../workspaces/workspaces.ts";
import { unsubscribeUrl } from "./unsubscribe.ts";

export interface NoticeDeps extends MailSender, TryDeps {
  appUrl: string;
  brand: Brand;
}

/** How long a notice waits for others of its kind. */
const WAIT_SECONDS = 300;
/** More of a kind than this become one email. */
const MOST_EMAILS = 5;
const MOST_LINES = 20;
const BATCH = 1_000;

/**
 * Emails people what they want to be told: who is in the workspace now, with the role that they have now. Each notice is
 * taken and its emails queued in one transaction: once, however many processes do this and wherever they are killed. One
 * workspace's failure holds up no other.
 */
export async function sendNotices(deps: NoticeDeps, signal: AbortSignal, waitSeconds = WAIT_SECONDS): Promise<void> {
  const secret = await loadAuthSecret(deps.pool, deps.vault);
  for (const { user_id: userId, mode, kind } of await listDueNotices.all(deps.pool, [waitSeconds, BATCH])) {
    if (signal.aborted) return;
    const due = { userId, mode, kind, waitSeconds, secret };
    await tryWork(deps, {
      work: "emails about events",
      subject: `${userId} ${mode} ${kind}`,
      run: () => transaction(deps.pool, (tx) => sendOfKind(deps, tx, due)),
    });
  }
}

async function sendOfKind(
  deps: NoticeDeps,
  tx: pg.PoolClient,
  due: { userId: string; mode: Mode; kind: NotificationKind; waitSeconds: number; secret: string },
): Promise<void> {
  const { userId, mode, kind } = due;
  if ((await lockUser.one(tx, [userId])) === undefined) return;
  if (kind === "approval" || kind === "decided") await dropSettledNotices.run(tx, [userId, mode]);
  const rows = await takeNotices.all(tx, [userId, mode, kind, due.waitSeconds, MOST_LINES]);
  if (rows.length === 0) return;
  const owner = nameOf(await findMe.one(tx, [userId]));
  for (const [personId, told] of Map.groupBy(rows, ({ person_id }) => person_id)) {
    const [{ email: to, total } = { email: "", total: 0 }] = told;
    const notices = told.flatMap((row) => toNotice(kind, row));
    const emails: Notices[] =
      total > MOST_EMAILS
        ? [{ kind, mode, total, notices }]
        : notices.map((notice) => ({ kind, mode, total: 1, notices: [notice] }));
    const place = {
      appUrl: deps.appUrl,
      unsubscribe: unsubscribeUrl(deps.appUrl, due.secret, { userId, personId, mode, kind }),
      workspace: { id: userId, owner: personId === userId ? null : owner },
      brand: await brandOfEmail(tx, deps.brand, to),
    };
    for (const email of emails) await sendMail(deps, tx, renderNoticeEmail(to, email, place));
  }
}

const accountEvent = z.object({
  expiresAt: z.coerce.date().optional(),
  scheduledPosts: z.number().default(0),
  reason: z.string().nullable().default(null),
});

const DISCONNECTED =
  "Its account is no longer connected. Move it to another account or discard it, or connect the same account again.";

/** Nothing of a post or account that is gone. */
function toNotice(kind: NotificationKind, row: NoticeRow): Notice[] {
  const { post_id: postId, error } = row;
  const labels = row.platforms.map((platform) => catalog[platform].capabilities.label);
  if (kind === "accountAccess") {
    const [label] = labels;
    const { expiresAt, scheduledPosts, reason } = accountEvent.parse(row.data);
    if (label === undefined || row.account_name === null) return [];
    const expires = expiresAt === undefined ? null : { at: expiresAt, scheduledPosts };
    return [{ kind, label, name: row.account_name, expires, reason }];
  }
  if (postId === null || row.text === null) return [];
  if (kind === "approval") return [{ kind, postId, text: row.text }];
  if (kind === "decided") {
    const { status, scheduled_for: scheduledFor, reason } = row;
    return status === null ? [] : [{ kind, postId, text: row.text, reason, status, scheduledFor }];
  }
  const problem = row.is_disconnected ? DISCONNECTED : error && `${sentence(error.message)} ${error.action}`;
  return [{ kind, postId, labels, text: row.text, problem }];
}
