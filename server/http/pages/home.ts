import type { FastifyInstance } from "fastify";

import { MODES } from "../../../model/platform-names.ts";
import { listAccounts } from "../../domain/accounts/accounts.ts";
import { getPublishing } from "../../domain/publishing/pauses.ts";
import type { Services } from "../../domain/services.ts";
import { html } from "../html.ts";
import { productOf, sendPage } from "./frame.ts";
import { callOf, findPerson } from "./person.ts";
import { instanceSection } from "./publishing-state.ts";

/** The home page: what Ampost is, or an overview of the user's accounts. */
export function addHome(scope: FastifyInstance, services: Services): void {
  scope.get("/", async (request, reply) => {
    const person = await findPerson(services, request);
    if (person === null) return await sendPage(reply, { title: productOf(reply.brand), body: ABOUT });
    const modes = await Promise.all(
      MODES.map(async (mode) => ({
        mode,
        accounts: (await listAccounts(services, callOf(person, mode, request), {})).body.accounts,
        publishing: (await getPublishing(services, callOf(person, mode, request))).body.publishing,
      })),
    );
    const ways = modes.map(({ mode, accounts, publishing }) => {
      const troubled = accounts.filter(({ tokenHealth }) => tokenHealth !== "healthy").length;
      return html`<section>
        <h2>${mode === "live" ? "Live" : "Test"}</h2>
        <p>
          ${accounts.length === 0 ? "No accounts connected yet." : `${count(accounts.length, "account")} connected.`}
          ${troubled === 0 ? null : html`<span class="tag warn">${count(troubled, "account")} to reconnect</span>`}
          ${publishing.pauses.length === 0 ? null : html`<span class="tag warn">publishing paused</span>`}
        </p>
        <p class="dim">
          ${
            mode === "live"
              ? "Posts go to the platforms."
              : "Posts go to the sandbox, which shows them as their audience would see them."
          }
        </p>
        <p>
          <a class="button" href="/platforms?mode=${mode}"
            >${accounts.length === 0 ? "Connect accounts" : "View platforms"}</a
          >
        </p>
      </section>`;
    });
    const [live] = modes;
    const instance = live === undefined ? null : await instanceSection(services, person, live.publishing);
    return await sendPage(reply, {
      title: person.name === "" ? "Overview" : `Hello, ${person.name}`,
      at: "/",
      viewer: person,
      body: html`${person.isOwner ? null : instance}${ways}
        <section>
          <h2>Publish</h2>
          <ol>
            <li>Connect an account</li>
            <li><a href="/keys">Create an API key</a></li>
            <li>Use the key to create and publish a post</li>
          </ol>
          <p><a href="/docs/quickstart">Quickstart</a> · <a href="/sandbox">View the sandbox</a></p>
        </section>
        ${person.isOwner ? instance : null}`,
    });
  });
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

const ABOUT = html`<p>One API to publish on Instagram, Facebook, X, LinkedIn, TikTok, YouTube and Threads.</p>
  <p class="row">
    <a class="button main" href="/sign-in">Sign in</a> <a class="button" href="/sign-up">Create an account</a>
  </p>
  <ul>
    <li><a href="/docs">Documentation</a></li>
    <li><a href="/sandbox">Sandbox</a>: posts in test mode, as their audience would see them</li>
  </ul>`;
