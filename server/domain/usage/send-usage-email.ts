import type pg from "pg";
import { z } from "zod";

import { QUOTAS, type PlanOf } from "../../../model/plans.ts";
import { findMe } from "../../db/queries/users.ts";
import { renderUsageEmail } from "../../mail/emails.ts";
import { type MailSender, sendMail } from "../../mail/send-mail.ts";

const job = z.object({
  userId: z.string(),
  quota: z.enum(QUOTAS),
  percent: z.number(),
  used: z.number(),
  limit: z.number(),
  resetsAt: z.string().nullable(),
});

/** The job of USAGE_QUEUE: tells a user that a threshold of a quota has been reached. */
export async function sendUsageEmail(
  deps: MailSender & { pool: pg.Pool; planOf: PlanOf; appUrl: string },
  data: unknown,
): Promise<void> {
  const { userId, ...reached } = job.parse(data);
  const user = await findMe.one(deps.pool, [userId]);
  if (user === undefined) return;
  const plan = (await deps.planOf(userId)).name;
  await sendMail(deps, deps.pool, renderUsageEmail(user.email, { ...reached, plan }, deps.appUrl));
}
