import type { FastifyInstance, FastifyReply } from "fastify";

import { connectionsChoose, type Choices } from "../../../contract/operations/connections.ts";
import { PublicError } from "../../../model/errors.ts";
import { catalog } from "../../../platforms/catalog.ts";
import { listChoices } from "../../domain/accounts/connect-account.ts";
import type { Services } from "../../domain/services.ts";
import { bindingOf } from "../../oauth/authorizations.ts";
import { html, type Html } from "../html.ts";
import { operationsFor, type PageOptions } from "./call-operation.ts";
import { check, readForm } from "./form.ts";
import { type Page, sendOn, sendPage } from "./frame.ts";
import { modeNotice } from "./mode-notice.ts";
import { type Person, requirePerson } from "./person.ts";
import { queryOf } from "./query.ts";
import { afterConnecting, safeRedirect } from "./safe-redirect.ts";

/** Choosing among several accounts, and confirming a replacement: for signed-in users. */
export function addChooseAccount(scope: FastifyInstance, services: Services, options: PageOptions): void {
  const choicesFor = async ({ sessionId }: Person, id: string) => {
    if (!/^[0-9a-f-]{36}$/i.test(id))
      throw new PublicError("NOT_FOUND", "This choice has expired. Connect the account again.");
    const who = { bindings: [bindingOf("session", sessionId)], caller: null };
    const { body, returnTo } = await listChoices(services, who, id);
    return { choices: body.choices, returnTo };
  };

  scope.get<{ Params: { id: string } }>("/connections/choose/:id", async (request, reply) => {
    const person = await requirePerson(services, request);
    const { choices, returnTo } = await choicesFor(person, request.params.id);
    const action = actionOf(choices, queryOf(request).workspace);
    return await showChoices(reply, choices, { viewer: person, action, back: safeRedirect(returnTo, "/platforms") });
  });

  scope.post<{ Params: { id: string } }>("/connections/choose/:id", async (request, reply) => {
    const form = await readForm(request, services.settings.appUrl);
    const person = await requirePerson(services, request);
    const { choices, returnTo } = await choicesFor(person, request.params.id);
    const body = { platformAccountId: form.text("platformAccountId"), replace: form.text("replace") !== "" };
    const { workspace } = queryOf(request);
    const call = operationsFor(services, options, request, reply, person, workspace === undefined ? [] : [workspace]);
    const answered = await call(connectionsChoose, { params: { id: choices.id }, body }, choices.mode);
    if (answered.ok) return await sendOn(reply, afterConnecting(returnTo, answered.body.account.id));
    const { message, fields } = answered.refused;
    return await showChoices(reply, choices, {
      viewer: person,
      action: actionOf(choices, workspace),
      back: safeRedirect(returnTo, "/platforms"),
      refused: fields["replace"] ?? fields["platformAccountId"] ?? message,
      status: answered.status,
      chosen: body.platformAccountId,
    });
  });
}

/** Where the form goes, in the workspace that the account is connected to. */
function actionOf({ id }: Choices, workspace: string | undefined): string {
  return `/connections/choose/${id}${workspace === undefined ? "" : `?${new URLSearchParams({ workspace })}`}`;
}

/** How the choice is shown: to whom, where its form goes, and what was rejected last time. */
export interface ChoicePage extends Pick<Page, "viewer" | "brand" | "status" | "formOrigins"> {
  action: string;
  /** Where Cancel leads; null if nowhere. */
  back: string | null;
  refused?: string;
  chosen?: string;
}

/**
 * Asks which account to connect. The form has the fields `platformAccountId` and, to confirm a replacement, `replace`.
 */
export async function showChoices(reply: FastifyReply, choices: Choices, shown: ChoicePage): Promise<FastifyReply> {
  const { platform, accounts, connected, mode } = choices;
  const { label } = catalog[platform].capabilities;
  const { action, back, refused, chosen } = shown;
  const preferred =
    chosen ?? accounts.find(({ isConnected }) => isConnected)?.platformAccountId ?? accounts[0]?.platformAccountId;
  const boxes = accounts.map(({ platformAccountId, username, displayName, isConnected }) =>
    check({
      type: "radio",
      name: "platformAccountId",
      value: platformAccountId,
      checked: platformAccountId === preferred,
      label: nameOf({ platformAccountId, username, displayName }, isConnected),
    }),
  );
  const replace =
    connected === null || accounts.every(({ isConnected }) => isConnected)
      ? null
      : html`<div class="notice warn">
          <p>
            This platform set already has a ${label} account:
            <b>${connected.username ?? connected.displayName ?? connected.platformAccountId}</b>. A set holds one
            account per platform, so connecting another disconnects this one.
          </p>
          ${stoppedPosts(connected.scheduledPosts, (shown.viewer ?? null) !== null)}
          ${check({ name: "replace", value: "1", label: "Replace this account" })}
        </div>`;
  return await sendPage(reply, {
    title: accounts.length > 1 ? `Choose a ${label} account` : `Replace the ${label} account?`,
    viewer: shown.viewer ?? null,
    brand: shown.brand,
    status: shown.status ?? 200,
    notice: refused === undefined ? null : { kind: "failed", text: refused },
    formOrigins: shown.formOrigins,
    body: html`${modeNotice(mode, (shown.viewer ?? null) !== null)}
      <form method="post" action="${action}" class="card">
        <fieldset>
          <legend>Account to connect</legend>
          ${boxes}
        </fieldset>
        ${replace}
        <p class="row">
          <button class="main">Connect</button
          >${back === null ? null : html`<a class="button" href="${back}">Cancel</a>`}
        </p>
      </form>`,
  });
}

/** A customer with a connect link is not told how much is planned. */
function stoppedPosts(count: number, isUser: boolean): Html | null {
  if (count === 0) return null;
  const posts = isUser ? `Its scheduled posts (${count})` : "Posts that are scheduled on it";
  return html`<p>${posts} will not be published until somebody moves them to another account or discards them.</p>`;
}

function nameOf(
  {
    platformAccountId,
    username,
    displayName,
  }: { platformAccountId: string; username: string | null; displayName: string | null },
  isConnected: boolean,
): Html {
  return html`<b>${displayName ?? username ?? platformAccountId}</b>${
      username === null ? null : html` <span class="dim">@${username}</span>`
    }${isConnected ? html` <span class="tag good">connected</span>` : null}`;
}
