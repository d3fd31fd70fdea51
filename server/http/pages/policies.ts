import type { FastifyInstance } from "fastify";

import { findReceipt } from "../../domain/accounts/remove-person.ts";
import type { Services } from "../../domain/services.ts";
import { html, type Html } from "../html.ts";
import { productOf, sendPage } from "./frame.ts";
import { showTime } from "./times.ts";

/**
 * The privacy policy and the terms, whose addresses platforms demand of every app: the operator's own, or else what is
 * true of every instance; and the receipts of deletions.
 */
export function addPolicies(pages: FastifyInstance, services: Services): void {
  const { settings } = services;
  const host = new URL(settings.appUrl).host;

  pages.get("/privacy", async (_request, reply) =>
    settings.privacyUrl === null
      ? await sendPage(reply, { title: "Privacy", body: privacy(host, productOf(reply.brand)) })
      : await reply.redirect(settings.privacyUrl, 302),
  );

  pages.get("/terms", async (_request, reply) =>
    settings.termsUrl === null
      ? await sendPage(reply, { title: "Terms", body: terms(host, productOf(reply.brand)) })
      : await reply.redirect(settings.termsUrl, 302),
  );

  pages.get("/meta/data-deletion/status/:code", async (request, reply) => {
    const code = String(Object(request.params).code);
    const receipt = await findReceipt(services, code);
    if (receipt === null)
      return await sendPage(reply, {
        title: "Receipt not found",
        status: 404,
        isNarrow: true,
        body: html`<section>
          <p>Check that the address is complete. Receipts are kept for a year.</p>
        </section>`,
      });
    const { label, accounts, deletedAt } = receipt;
    const when = showTime(deletedAt.toISOString(), "UTC");
    return await sendPage(reply, {
      title: "Your data was deleted",
      isNarrow: true,
      body: html`<section>
        <p>
          ${
            accounts === 0
              ? `On ${when} (UTC), you asked through ${label} for your data to be deleted. No data about you was stored.`
              : `On ${when} (UTC), as you asked through ${label}, the following was deleted for ${
                  accounts === 1 ? "the account" : `the ${accounts} accounts`
                } that you had connected: access tokens, names, pictures and profile details.`
          }
        </p>
        <p>
          Posts that users of ${host} wrote belong to them and were not deleted. What is already on ${label} can be
          deleted there.
        </p>
        <p class="dim">Confirmation code: <code>${code}</code></p>
      </section>`,
    });
  });
}

function privacy(host: string, product: string): Html {
  return html`<section>
      <p>
        ${host} runs ${product}, which publishes posts to social networks for its users. This page says what it stores.
      </p>
      <h2>Users</h2>
      <p>
        Email address and name, a hash of the password, sessions with IP address and browser, API keys as hashes, and a
        log of changes with IP addresses and the IDs of connected accounts.
      </p>
      <h2>Connected accounts</h2>
      <p>
        What the social network says about an account that its owner connects: ID, name, picture, profile details and
        granted permissions, and the access tokens, encrypted. They are used only to publish the posts of the user for
        whom the account was connected, and to show and renew the connection.
      </p>
      <h2>Posts</h2>
      <p>
        Texts, settings, images and videos that users send, the results of publishing, and for a limited time the
        requests to the social networks, without tokens.
      </p>
      <h2>Who receives data</h2>
      <p>
        The social networks that a post is for, and the servers that a user names for notifications. There is no
        advertising and no tracking; the only cookies are those for signing in and connecting accounts.
      </p>
      <h2>Deletion</h2>
      <p>
        Disconnecting an account deletes its tokens. Removing the app in the settings of Facebook, Instagram or Threads
        and asking for deletion there deletes the tokens, names, pictures and profile details of the accounts you
        connected. Users can export and delete all of their data in their settings.
      </p>
    </section>
    ${whomToAsk(host)}`;
}

function terms(host: string, product: string): Html {
  return html`<section>
      <p>
        ${host} runs ${product}, which publishes posts to social networks for its users. Its operator decides who may
        use it, and has set no terms of their own on this page.
      </p>
      <p>
        Users are responsible for what they publish, and must comply with the rules of the social networks they publish
        to.
      </p>
    </section>
    ${whomToAsk(host)}`;
}

function whomToAsk(host: string): Html {
  return html`<section>
    <h2>Questions</h2>
    <p>Ask the operator of ${host}, or the person who invited you to connect your account.</p>
  </section>`;
}
