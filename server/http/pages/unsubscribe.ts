import type { FastifyInstance, FastifyReply } from "fastify";

import type { NotificationKind } from "../../../model/notifications.ts";
import { readUnsubscribe, type Subscription, unsubscribe } from "../../domain/notifications/unsubscribe.ts";
import type { Services } from "../../domain/services.ts";
import { html } from "../html.ts";
import { readFormBytes } from "./form.ts";
import { sendPage } from "./frame.ts";
import { queryOf } from "./query.ts";

/**
 * Where the link in a notification leads. Opening it changes nothing, because programs open links in emails, too; its
 * button and mail programs (RFC 8058) send a request without a session, whose query is signed.
 */
export function addUnsubscribe(scope: FastifyInstance, services: Services): void {
  scope.get("/unsubscribe", async (request, reply) => {
    const subscription = await readUnsubscribe(services, queryOf(request));
    if (subscription === null) return await showInvalid(reply);
    return await sendPage(reply, {
      title: "Stop emails",
      isNarrow: true,
      body: html`<section>
        <p>Stop emails ${ABOUT[subscription.kind]} ${inMode(subscription)}?</p>
        <form method="post" action="${request.url}"><button class="main">Stop these emails</button></form>
      </section>`,
    });
  });

  scope.post("/unsubscribe", async (request, reply) => {
    await readFormBytes(request);
    const subscription = await readUnsubscribe(services, queryOf(request));
    if (subscription === null) return await showInvalid(reply);
    const actor = { kind: "visitor", id: null } as const;
    await unsubscribe(services, { actor, address: request.ip, requestId: request.id }, subscription);
    return await sendPage(reply, {
      title: "Stop emails",
      isNarrow: true,
      notice: {
        kind: "done",
        text: `You will get no more emails ${ABOUT[subscription.kind]} ${inMode(subscription)}.`,
      },
      body: html`<section>
        <p><a href="${settingsOf(subscription)}">Choose which emails you get</a></p>
      </section>`,
    });
  });
}

const ABOUT: Readonly<Record<NotificationKind, string>> = {
  failed: "about posts that fail",
  unknown: "about posts that might not be live",
  accountAccess: "about accounts that need to be reconnected",
  approval: "about posts that wait for your approval",
  decided: "about your posts that are approved or sent back",
};

function inMode({ mode, userId, personId }: Subscription): string {
  return `in ${mode} mode${personId === userId ? "" : " of this workspace"}`;
}

function settingsOf({ mode, userId }: Subscription): string {
  return `/settings/notifications?${new URLSearchParams({ mode, workspace: userId }).toString()}`;
}

async function showInvalid(reply: FastifyReply): Promise<FastifyReply> {
  return await sendPage(reply, {
    title: "Stop emails",
    isNarrow: true,
    status: 400,
    notice: { kind: "failed", text: "This link is incomplete. Open the one in the email again." },
    body: html`<section>
      <p><a href="/settings/notifications">Choose which emails you get</a></p>
    </section>`,
  });
}
