import type { FastifyInstance } from "fastify";

import { sendPage } from "./frame.ts";
import { html } from "./html.ts";

export function addHome(scope: FastifyInstance): void {
  scope.get("/", async (_request, reply) =>
    sendPage(reply, {
      title: "Ampost",
      at: "/",
      body: html`<p>One API to publish to Instagram, Facebook, X, LinkedIn, TikTok, YouTube and Threads.</p>
<ul>
<li><a href="/sandbox">The sandbox</a>: posts of test keys as they would look</li>
<li><a href="/readyz">Whether this instance is ready</a></li>
</ul>`,
    }),
  );
}
