import type { FastifyInstance } from "fastify";

import type { Services } from "../../domain/services.ts";
import { sendApp } from "../dashboard/add-dashboard.ts";
import { html, type Html } from "../html.ts";
import { productOf, sendPage } from "./frame.ts";
import { findPerson } from "./person.ts";

/** The home page: what Ampost is, or the dashboard for who is signed in. */
export function addHome(scope: FastifyInstance, services: Services): void {
  scope.get("/", async (request, reply) => {
    const person = await findPerson(services, request);
    if (person === null) return await sendPage(reply, { title: productOf(reply.brand), body: about(services) });
    return await sendApp(services, reply, person);
  });
}

function about({ settings }: Pick<Services, "settings">): Html {
  const signUp = settings.signUp === "open" ? html`<a class="button" href="/sign-up">Create an account</a>` : null;
  return html`<p>One API to publish on Instagram, Facebook, X, LinkedIn, TikTok, YouTube and Threads.</p>
    <p class="row"><a class="button main" href="/sign-in">Sign in</a> ${signUp}</p>
    <ul>
      <li><a href="/docs">Documentation</a></li>
      <li><a href="/sandbox">Sandbox</a>: posts in test mode, as their audience would see them</li>
    </ul>`;
}
