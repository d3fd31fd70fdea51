import type { FastifyInstance } from "fastify";

import { PublicError } from "../../../model/errors.ts";
import { WrongSignature } from "../../billing/billing.ts";
import { readText } from "../../calls/read-body.ts";
import { refuseRequest } from "../../calls/refusals.ts";
import { handleStripeEvent } from "../../domain/billing/stripe-events.ts";
import type { Services } from "../../domain/services.ts";

/** Stripe's largest events are far below this. */
const MOST_BYTES = 1024 * 1024;

/** Where Stripe reports what happened to subscriptions, signed. */
export function addStripeEvents(scope: FastifyInstance, services: Services): void {
  scope.addHook("onRequest", async (_request, reply) => void reply.header("cache-control", "no-store"));
  scope.post("/api/billing/stripe-events", async (request) => {
    const { billing } = services;
    if (billing === null)
      throw new PublicError("NOT_FOUND", "This instance is self-hosted and has no billing. Set STRIPE_SECRET_KEY.");
    const body = await readText(request, MOST_BYTES);
    const signature = request.headers["stripe-signature"];
    try {
      const event = await billing.readEvent(body, typeof signature === "string" ? signature : undefined);
      await handleStripeEvent({ ...services, billing }, event);
    } catch (error) {
      if (!(error instanceof WrongSignature)) throw error;
      throw refuseRequest(
        "billing.signature",
        "The signature of the event is wrong or too old",
        "Set STRIPE_WEBHOOK_SECRET to the signing secret of this webhook endpoint, and check the clock.",
      );
    }
    return { received: true };
  });
}
