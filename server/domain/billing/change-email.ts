import type pg from "pg";
import { z } from "zod";

import type { Billing } from "../../billing/billing.ts";
import { BILLING_EMAIL_QUEUE } from "../../billing/queues.ts";
import type { JobSender } from "../../db/job-sender.ts";
import { findCustomer } from "../../db/queries/billing.ts";
import { findMe } from "../../db/queries/users.ts";

/** Lets Stripe know a user's new email address soon, if the user has a customer there. */
export async function tellNewEmail({ pool, jobs }: { pool: pg.Pool; jobs: JobSender }, userId: string): Promise<void> {
  const customerId = (await findCustomer.one(pool, [userId]))?.customer_id ?? null;
  if (customerId !== null) await jobs.send(pool, BILLING_EMAIL_QUEUE, { userId });
}

const job = z.object({ userId: z.string() });

/** The job of BILLING_EMAIL_QUEUE. Throws BillingError: it is then retried. */
export async function changeCustomerEmail(
  { pool, billing }: { pool: pg.Pool; billing: Billing | null },
  data: unknown,
): Promise<void> {
  const { userId } = job.parse(data);
  const customerId = (await findCustomer.one(pool, [userId]))?.customer_id ?? null;
  const email = (await findMe.one(pool, [userId]))?.email ?? null;
  if (customerId !== null && email !== null) await billing?.changeEmail(customerId, email);
}
