import type { Brand } from "../../model/brand.ts";
import type { AuthEmail, Notice, NoticedWorkspace, Notices, PlanNotice } from "../../model/emails.ts";
import { RESET_MINUTES, VERIFY_HOURS } from "../../model/lifetimes.ts";
import type { NotificationKind } from "../../model/notifications.ts";
import { oneLine } from "../../model/one-line.ts";
import { planLabel, type PlanName, type Quota } from "../../model/plans.ts";
import type { PostStatus } from "../../model/status.ts";
import type { Mail } from "./send-mail.ts";

/** The text of every email about signing in. */
export function renderAuthEmail(to: string, email: AuthEmail, brand: Brand): Mail {
  const product = productOf(brand);
  return branded(brand, textOf(to, email, product));
}

function textOf(to: string, email: AuthEmail, product: string): Mail {
  switch (email.kind) {
    case "verify_email":
      return mail(to, "Confirm your email address", [
        `Confirm your email address to sign in to ${product}:`,
        email.link,
        `This link expires in ${VERIFY_HOURS} hours. If you did not sign up for ${product}, you can ignore this email.`,
      ]);
    case "already_signed_up":
      return mail(to, "You already have an account", [
        `Someone, perhaps you, tried to sign up for ${product} with this email address. ` +
          "You already have an account, so nothing was changed.",
        `Sign in: ${email.signInLink}`,
        `Forgot your password? Reset it: ${email.forgotLink}`,
      ]);
    case "password_reset":
      return mail(to, "Reset your password", [
        `Someone, perhaps you, asked to reset the password of your ${product} account. Set a new password:`,
        email.link,
        `This link works once and expires in ${RESET_MINUTES} minutes. ` +
          "Setting a new password signs you out everywhere. If you did not ask for this, you can ignore this email: " +
          "your password stays the same.",
      ]);
    case "email_change":
      return mail(to, "Approve your new email address", [
        `Someone, probably you, asked to change the email address of your ${product} account to ${email.newEmail}. ` +
          "Approve the change here; we will then ask you to confirm the new address:",
        email.link,
        "If you did not ask for this, someone else is signed in to your account. " +
          "Change your password and sign out of all other sessions in your settings.",
      ]);
    case "invite":
      return mail(to, `You have been invited to ${product}`, [
        `${oneLine(email.invitedBy)} invited you to publish with ${product}. Create your account:`,
        email.link,
        `This link works once and expires in ${email.days} days.`,
      ]);
    case "member_invite":
      return mail(to, `You have been invited to a workspace on ${product}`, [
        `${oneLine(email.invitedBy)} invited you to their workspace on ${product} as a ${email.role}. Join it:`,
        email.link,
        `This link works once and expires in ${email.days} days. If you do not know who sent it, ignore this email.`,
      ]);
  }
}

/**
 * What a person wants to be told: one notice, or a digest of several of a kind. `unsubscribe` is a link that turns these
 * emails off. Only members are told whose workspace it is about.
 */
export function renderNoticeEmail(
  to: string,
  { mode, total, notices, kind }: Notices,
  {
    appUrl,
    unsubscribe,
    brand,
    workspace,
  }: { appUrl: string; unsubscribe: string; brand: Brand; workspace: NoticedWorkspace },
): Mail {
  const [first] = notices;
  const rest = total - notices.length;
  const link = (path: string, more: Record<string, string> = {}) =>
    `${appUrl}${path}?${new URLSearchParams({ mode, ...more, workspace: workspace.id }).toString()}`;
  const { subject, paragraphs } =
    total === 1 && first !== undefined
      ? noticeText(first, { link, isOwner: workspace.owner === null, product: productOf(brand) })
      : {
          subject: DIGESTS[kind](total),
          paragraphs: [
            [...notices.map(noticeLine), ...(rest > 0 ? [`- and ${rest} more`] : [])].join("\n"),
            `See them: ${link(...LISTS[kind])}`,
          ],
        };
  const where = oneLine(workspace.owner ?? "") === "" ? "" : ` in the workspace of ${oneLine(workspace.owner ?? "")}`;
  const email = mail(to, `${subject}${where}${mode === "test" ? " (test mode)" : ""}`, [
    ...paragraphs,
    `Stop these emails: ${unsubscribe}\nChoose which emails you get: ${link("/settings/notifications")}`,
  ]);
  return { ...branded(brand, email), unsubscribe };
}

const DIGESTS: Readonly<Record<NotificationKind, (total: number) => string>> = {
  failed: (total) => `${total} posts failed`,
  unknown: (total) => `${total} posts might not be live`,
  accountAccess: (total) => `${total} accounts need to be reconnected`,
  approval: (total) => `${total} posts wait for your approval`,
  decided: (total) => `${total} of your posts were approved or sent back`,
};

const LISTS: Readonly<Record<NotificationKind, [path: string, more?: Record<string, string>]>> = {
  failed: ["/posts", { status: "failed" }],
  unknown: ["/posts"],
  accountAccess: ["/platforms"],
  approval: ["/approvals"],
  decided: ["/posts"],
};

interface NoticeContext {
  /** The address of a view. */
  link: (path: string) => string;
  /** Members are told about what is another's. */
  isOwner: boolean;
  product: string;
}

function noticeText(notice: Notice, context: NoticeContext): { subject: string; paragraphs: string[] } {
  const { link, isOwner } = context;
  const post = isOwner ? "Your post" : "A post";
  switch (notice.kind) {
    case "failed":
      return {
        subject: `${post} failed on ${listOf(notice.labels)}`,
        paragraphs: [
          `This post was not published on ${listOf(notice.labels)}: ${quoted(notice.text)}`,
          oneLine(
            notice.problem ?? "It could not be published in time. Publish or reschedule it if you still want it.",
          ),
          `See the post: ${link(`/posts/${notice.postId}`)}`,
        ],
      };
    case "unknown":
      return {
        subject: `${post} might not be live on ${listOf(notice.labels)}`,
        paragraphs: [
          `${listOf(notice.labels)} did not confirm that this post was published: ${quoted(notice.text)}`,
          "Nothing is sent again automatically. Look at the account, and say whether the post is there: " +
            link(`/posts/${notice.postId}`),
        ],
      };
    case "approval":
      return {
        subject: "A post waits for your approval",
        paragraphs: [
          `This post is published only after you approve it: ${quoted(notice.text)}`,
          `Approve it: ${link(`/posts/${notice.postId}/approve`)}`,
        ],
      };
    case "decided":
      return decisionText(notice, context);
    case "accountAccess":
      return accountText(notice, context);
  }
}

function decisionText(
  { postId, text, reason, status, scheduledFor }: Extract<Notice, { kind: "decided" }>,
  { link }: NoticeContext,
): { subject: string; paragraphs: string[] } {
  if (reason !== null)
    return {
      subject: "Your post was sent back",
      paragraphs: [
        `This post was not approved: ${quoted(text)}`,
        `Reason: ${oneLine(reason)}`,
        `Change it and publish it again: ${link(`/posts/${postId}`)}`,
      ],
    };
  const next =
    status === "scheduled" && scheduledFor !== null
      ? `It is scheduled for ${minuteOf(scheduledFor)}.`
      : AFTER_APPROVAL[status];
  return {
    subject: "Your post was approved",
    paragraphs: [`This post was approved: ${quoted(text)}`, next, `See the post: ${link(`/posts/${postId}`)}`],
  };
}

/** What has become of a post since its approval. */
const AFTER_APPROVAL: Readonly<Record<PostStatus, string>> = {
  draft: "You can publish it now.",
  scheduled: "It is scheduled.",
  queued: "It is being published.",
  posting: "It is being published.",
  published: "It has been published.",
  partial: "It is live on some platforms. You can retry the others now.",
  failed: "It failed. You can retry it now.",
  discarded: "It was discarded.",
};

function accountText(
  { label, name: given, expires, reason }: Extract<Notice, { kind: "accountAccess" }>,
  { link, isOwner, product }: NoticeContext,
): { subject: string; paragraphs: string[] } {
  const account = `${isOwner ? "your" : "the"} ${label} account ${oneLine(given)}`;
  const subject = `Reconnect ${account}`;
  const reconnect = `Reconnect it here: ${link("/platforms")}`;
  if (expires === null)
    return {
      subject,
      paragraphs: [
        `${product} has lost access to ${account}. Posts to it fail until you reconnect it.`,
        ...(reason === null ? [] : [oneLine(reason)]),
        reconnect,
      ],
    };
  const { at, scheduledPosts } = expires;
  const posts =
    scheduledPosts === 1
      ? "1 post is scheduled"
      : `${scheduledPosts === 0 ? "No" : scheduledPosts} posts are scheduled`;
  return {
    subject,
    paragraphs: [
      `${product}'s access to ${account} expires on ${minuteOf(at)}. ` +
        "After that, posts to it will fail until you reconnect it.",
      `${posts} for this account after that time.`,
      reconnect,
    ],
  };
}

/** A line of a digest. */
function noticeLine(notice: Notice): string {
  switch (notice.kind) {
    case "failed":
    case "unknown":
      return `- ${listOf(notice.labels)}: ${quoted(notice.text)}`;
    case "approval":
      return `- ${quoted(notice.text)}`;
    case "decided":
      return notice.reason === null
        ? `- Approved: ${quoted(notice.text)}`
        : `- Sent back: ${quoted(notice.text)}. Reason: ${quoted(notice.reason)}`;
    case "accountAccess":
      return `- ${notice.label}: ${oneLine(notice.name)}${
        notice.expires === null ? "" : `, expires on ${minuteOf(notice.expires.at)}`
      }`;
  }
}

const LONGEST_QUOTE = 120;

function quoted(text: string): string {
  const line = oneLine(text);
  if (line === "") return "(without text)";
  return `"${line.length > LONGEST_QUOTE ? `${line.slice(0, LONGEST_QUOTE).trimEnd()}…` : line}"`;
}

function listOf(labels: readonly string[]): string {
  return new Intl.ListFormat("en").format(labels);
}

function productOf({ name }: Brand): string {
  return oneLine(name ?? "Ampost");
}

function branded({ name, supportAddress }: Brand, mail: Mail): Mail {
  const text = supportAddress === null ? mail.text : `${mail.text}\nQuestions? ${supportAddress}\n`;
  return { ...mail, ...(name === null ? {} : { from: oneLine(name) }), text };
}

/** Tells a user that a part of a quota has been used. */
export function renderUsageEmail(
  to: string,
  { quota, percent, used, limit, resetsAt, plan }: UsageNews,
  appUrl: string,
  brand: Brand,
): Mail {
  const { what, unit, advice } = QUOTA_WORDS[quota];
  const number = (value: number) => (unit === "" ? sizeOf(value) : value.toLocaleString("en"));
  const part = percent >= 100 ? "all" : `${percent}%`;
  const until = resetsAt === null ? "" : ` This resets on ${minuteOf(new Date(resetsAt))}.`;
  const email = mail(to, `You have used ${part} of your ${what}`, [
    `You have used ${number(used)} of ${number(limit)}${unit}.${until} Your plan is ${planLabel(plan)}.`,
    percent >= 100
      ? `Requests that need more are rejected. What you have stays, and scheduled posts are still published. ${advice}`
      : `Beyond the limit, requests that need more are rejected. ${advice}`,
    `See your usage: ${appUrl}/settings/plan`,
  ]);
  return branded(brand, email);
}

export interface UsageNews {
  quota: Quota;
  percent: number;
  used: number;
  limit: number;
  /** ISO 8601; null if the quota does not reset. */
  resetsAt: string | null;
  plan: PlanName;
}

const QUOTA_WORDS: Record<Quota, { what: string; unit: string; advice: string }> = {
  postsPerMonth: {
    what: "posts this month",
    unit: " posts",
    advice: "Drafts and scheduled posts that you discard do not count.",
  },
  mediaUploadsPerMonth: {
    what: "media uploads this month",
    unit: " media uploads",
    advice: "A larger plan includes more.",
  },
  apiRequestsPerMonth: {
    what: "API requests this month",
    unit: " API requests",
    advice: "A larger plan includes more.",
  },
  maxScheduledPosts: {
    what: "scheduled posts",
    unit: " scheduled posts",
    advice: "As soon as one is published or discarded, you can schedule another.",
  },
  maxStorageBytes: { what: "storage", unit: "", advice: "Delete media you no longer need to make room." },
};

/** 1.5 GB */
function sizeOf(bytes: number): string {
  const [size, unit] = bytes >= 1e9 ? [bytes / 1e9, "GB"] : bytes >= 1e6 ? [bytes / 1e6, "MB"] : [bytes / 1e3, "kB"];
  return `${Number(size.toFixed(1)).toLocaleString("en")} ${unit}`;
}

const OVER_LIMITS =
  "Everything you have stays, and scheduled posts are published. Beyond the limits of Free, nothing new is accepted.";

/** What a user should know about their plan. */
export function renderPlanEmail(to: string, notice: PlanNotice, appUrl: string, brand: Brand): Mail {
  return branded(brand, planText(to, notice, `${appUrl}/settings/plan`, productOf(brand)));
}

function planText(to: string, { kind, plan, at }: PlanNotice, page: string, product: string): Mail {
  const name = planLabel(plan);
  const time = minuteOf(at);
  switch (kind) {
    case "payment_failed":
      return mail(to, "Your payment failed", [
        `Your payment for ${product} ${name} failed. You keep the plan until ${time}. After that, you are on Free.`,
        OVER_LIMITS,
        `Update your payment method: ${page}`,
      ]);
    case "trial_ending":
      return mail(to, `Your trial of ${name} ends soon`, [
        `Your trial of ${product} ${name} ends on ${time}. The plan is then charged for.`,
        `To cancel before that, or to change how you pay: ${page}`,
      ]);
    case "plan_ending":
      return mail(to, `Your ${name} plan will end`, [
        `You cancelled ${product} ${name}. You keep the plan until ${time}. After that, you are on Free.`,
        OVER_LIMITS,
        `If you change your mind, you can resume the plan until then: ${page}`,
      ]);
    case "plan_ended":
      return mail(to, `Your ${name} plan has ended`, [
        `${product} ${name} ended on ${time}. You are now on Free.`,
        OVER_LIMITS,
        `Choose a plan: ${page}`,
      ]);
  }
}

/** What the operator is told at once. */
export interface AlertNews {
  begun: readonly Alert[];
  over: readonly (Alert & { until: Date })[];
}

interface Alert {
  title: string;
  message: string;
  since: Date;
}

/** Tells the operator what has begun and what is over. */
export function renderAlertsEmail(to: string, { begun, over }: AlertNews, appUrl: string): Mail {
  const [first = ""] = [...begun.map(({ title }) => title), ...over.map(({ title }) => `Over: ${title}`)];
  const others = begun.length + over.length - 1;
  return mail(to, others > 0 ? `${first}, and ${others} more` : first, [
    ...begun.map(({ title, message, since }) => `${title}, since ${minuteOf(since)}. ${message}`),
    ...over.map(({ title, since, until }) => `Over: ${title}, from ${minuteOf(since)} to ${minuteOf(until)}.`),
    `This email is from Ampost at ${appUrl}.`,
  ]);
}

function minuteOf(time: Date): string {
  return `${time.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

function mail(to: string, subject: string, paragraphs: string[]): Mail {
  return { to, subject, text: `${paragraphs.join("\n\n")}\n` };
}
