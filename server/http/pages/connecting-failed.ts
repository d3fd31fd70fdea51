import type { FastifyReply } from "fastify";

import { catalog } from "../../../platforms/catalog.ts";
import type { ConnectingFailed } from "../../oauth/failures.ts";
import { connectPath } from "./connect-path.ts";
import { sendPage, type Viewer } from "./frame.ts";
import { html } from "./html.ts";
import { safeRedirect } from "./safe-redirect.ts";

/** Why an account was not connected, what to do about it, and a button to try again where this browser started it. */
export async function showConnectingFailed(
  reply: FastifyReply,
  { failure, attempt }: ConnectingFailed,
  viewer: Viewer | null,
): Promise<FastifyReply> {
  const label = failure.platform === null ? "The account" : catalog[failure.platform].capabilities.label;
  const again =
    attempt === null
      ? null
      : connectPath({
          platform: attempt.platform,
          platformSetId: attempt.platform_set_id,
          mode: attempt.mode,
          login: attempt.login,
        });
  const back = safeRedirect(attempt?.return_to, "/connections");
  return await sendPage(reply, {
    title: `${label} was not connected`,
    viewer,
    at: "/connections",
    status: failure.kind === "platform_away" ? 502 : 400,
    notice: { kind: "failed", text: failure.message },
    body: html`<section>
      <h2>What to do</h2>
      <p>${failure.cure}</p>
      <p class="row">
        ${again === null ? null : html`<a class="button main" href="${again}">Try again</a>`}<a
          class="button"
          href="${back}"
          >Back to connections</a
        >
      </p>
    </section>`,
  });
}
