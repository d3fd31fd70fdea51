import type { FastifyInstance } from "fastify";

import type { Services } from "../../domain/services.ts";
import { isSetUpOpen } from "../../domain/users/set-up.ts";
import type { Notice } from "./frame.ts";

declare module "fastify" {
  interface FastifyReply {
    /** Shown on a page that has no notice of its own. */
    setUpNotice: Notice | null;
  }
}

/** Tells the visitors of an instance that has no owner yet, on every page, how to become it. */
export function addSetUpNotice(pages: FastifyInstance, services: Pick<Services, "pool">): void {
  pages.decorateReply("setUpNotice", null);
  pages.addHook("preHandler", async (request, reply) => {
    if (request.method === "GET" && request.routeOptions.url !== "/setup" && (await isSetUpOpen(services)))
      reply.setUpNotice = { kind: "warn", text: SET_UP };
  });
}

const SET_UP =
  "This instance has no owner yet. If you started it, open the link that it printed at startup to create your " +
  "account. Each restart prints a new link.";
