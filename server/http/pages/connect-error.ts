import type { FastifyReply } from "fastify";

import { catalog } from "../../../platforms/catalog.ts";
import { platformsPath } from "../../domain/accounts/connect-account.ts";
import type { ConnectError, PlatformReason } from "../../oauth/connect-error.ts";
import { html, type Html } from "../html.ts";
import { connectPath } from "./connect-path.ts";
import { sendPage, type Viewer } from "./frame.ts";
import { safeRedirect } from "./safe-redirect.ts";

/** Why an account was not connected, what to do about it, and a button to try again if this browser started it. */
export async function showConnectError(
  reply: FastifyReply,
  { failure, authorization }: ConnectError,
  viewer: Viewer | null,
): Promise<FastifyReply> {
  const label = failure.platform === null ? "The account" : catalog[failure.platform].capabilities.label;
  const again =
    authorization === null
      ? null
      : connectPath({
          platform: authorization.platform,
          platformSetId: authorization.platform_set_id,
          mode: authorization.mode,
          login: authorization.login,
        });
  const back = safeRedirect(authorization?.return_to, platformsPath(authorization?.mode ?? "live"));
  return await sendPage(reply, {
    title: `${label} was not connected`,
    viewer,
    status: failure.kind === "platform_away" ? 502 : 400,
    notice: { kind: "failed", text: failure.message },
    body: html`${viewer === null ? null : reasonSection(label, failure.reason)}
      <section>
        <h2>What to do</h2>
        <p>${failure.cure}</p>
        <p class="row">
          ${again === null ? null : html`<a class="button main" href="${again}">Try again</a>`}<a
            class="button"
            href="${back}"
            >Back to platforms</a
          >
        </p>
      </section>`,
  });
}

/** For the person who started it, signed in: the reason is about the app, and nobody else's business. */
function reasonSection(label: string, reason: PlatformReason | null): Html | null {
  if (reason === null) return null;
  return html`<section>
    <h2>${label}'s reason</h2>
    <p><code>${reason.said}</code></p>
    ${reason.cure === null ? null : html`<p>${reason.cure}</p>`}
  </section>`;
}
