import { z } from "zod";

import type { Billing } from "../../billing/billing.ts";

const job = z.object({ customerId: z.string() });

/** The job of BILLING_LEAVE_QUEUE, for a deleted user. Throws BillingError: it is then retried. */
export async function leaveBilling(billing: Billing | null, data: unknown): Promise<void> {
  await billing?.deleteCustomer(job.parse(data).customerId);
}
