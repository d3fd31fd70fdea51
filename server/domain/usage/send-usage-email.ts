import type pg from "pg";
import { z } from "zod";

import type { Brand } from "../../../model/brand.ts";
import { QUOTAS, type PlanOf } from "../../../model/plans.ts";
import { findMe } from "../../db/queries/users.ts";
import { renderUsageEmail } from "../../mail/emails.ts";
import { type MailSender, sendMail } from "../../mail/send-mail.ts";
import { brandOfEmail } from "../branding/branding.ts";

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
  deps: MailSender & { pool: pg.Pool; planOf: PlanOf; appUrl: string; brand: Brand },
  data: unknown,
): Promise<void> {
  const { userId, ...reached } = job.parse(data);
  const user = await findMe.one(deps.pool, [userId]);
  if (user === undefined || user.email === null) return;
  const plan = (await deps.planOf(userId)).name;
  const brand = await brandOfEmail(deps.pool, deps.brand, user.email);
  await sendMail(deps, deps.pool, renderUsageEmail(user.email, { ...reached, plan }, deps.appUrl, brand));
}
