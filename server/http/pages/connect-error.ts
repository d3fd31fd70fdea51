import type { FastifyReply } from "fastify";

import { catalog } from "../../../platforms/catalog.ts";
import { platformsPath } from "../../domain/accounts/connect-account.ts";
import type { ConnectError, PlatformReason } from "../../oauth/connect-error.ts";
import { html, type Html } from "../html.ts";
import { sendPage } from "./frame.ts";
import { modeNotice } from "./mode-notice.ts";
import type { Person } from "./person.ts";
import { safeRedirect } from "./safe-redirect.ts";

/**
 * Why an account was not connected, what to do about it, and a button to try again if this browser started it: a link
 * and not a form, because browsers prevent forms from leading to another site.
 */
export async function showConnectError(
  reply: FastifyReply,
  { failure, authorization }: ConnectError,
  viewer: Person | null,
): Promise<FastifyReply> {
  const label = failure.platform === null ? "The account" : catalog[failure.platform].capabilities.label;
  const workspace = authorization?.user_id === viewer?.id ? undefined : authorization?.user_id;
  const again =
    authorization === null
      ? null
      : `/api/platforms/${authorization.platform}/connect?${new URLSearchParams({
          platformSetId: authorization.platform_set_id,
          mode: authorization.mode,
          returnTo: authorization.return_to,
          ...(authorization.login === "" ? {} : { login: authorization.login }),
          ...(workspace === undefined ? {} : { workspace }),
        })}`;
  const back = safeRedirect(authorization?.return_to, platformsPath(authorization?.mode ?? "live", workspace));
  return await sendPage(reply, {
    title: `${label} was not connected`,
    viewer,
    status: failure.kind === "platform_away" ? 502 : 400,
    notice: { kind: "failed", text: failure.message },
    body: html`${authorization === null ? null : modeNotice(authorization.mode, viewer !== null)}
      ${viewer === null ? null : reasonSection(label, failure.reason)}
      <section>
        <h2>What to do</h2>
        <p>${failure.cure}</p>
        <p class="row">
          ${again === null ? null : html`<a class="button main" href="${again}">Try again</a>`}<a
            class="button"
            href="${back}"
            >Go back</a
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
