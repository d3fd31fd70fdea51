import type { FastifyInstance } from "fastify";

import { auditList, type AuditEvent } from "../../../contract/operations/audit.ts";
import type { Services } from "../../domain/services.ts";
import { html, type Html } from "../html.ts";
import { operationsFor, type PageOptions } from "./call-operation.ts";
import { sendPage } from "./frame.ts";
import { requirePerson } from "./person.ts";
import { queryOf } from "./query.ts";
import { showTime } from "./times.ts";

/** The audit log of a user's account: who did what, when and from where. */
export function addAuditLog(scope: FastifyInstance, services: Services, options: PageOptions): void {
  scope.get("/settings/log", async (request, reply) => {
    const person = await requirePerson(services, request);
    const { cursor } = queryOf(request);
    const call = operationsFor(services, options, request, reply, person);
    const answered = await call(auditList, { query: { limit: "50", cursor } });
    const { events, nextCursor } = answered.ok ? answered.body : { events: [], nextCursor: null };
    return await sendPage(reply, {
      title: "Audit log",
      at: "/settings",
      viewer: person,
      status: answered.status,
      body: html`<p>
          Sign-ins and changes to keys, connections and settings, in both modes, newest first. Entries cannot be edited
          or deleted.
        </p>
        <section>
          ${
            events.length === 0
              ? html`<p class="dim">No more entries.</p>`
              : html`<ul class="plain">
                  ${events.map((event) => eventItem(event, person.timeZone))}
                </ul>`
          }
        </section>
        <p class="row">
          ${
            nextCursor === null
              ? null
              : html`<a class="button" href="/settings/log?${new URLSearchParams({ cursor: nextCursor }).toString()}"
                  >Older</a
                >`
          }<a href="/settings">Back to settings</a>
        </p>`,
    });
  });
}

function eventItem({ action, actor, mode, address, createdAt, requestId, data }: AuditEvent, timeZone: string): Html {
  const about = Object.entries(data).flatMap(([name, value]) =>
    typeof value === "string" || typeof value === "number" ? [`${name}: ${value}`] : [],
  );
  return html`<li>
    <b>${words(action)}</b>${mode === null ? null : html` <span class="tag">${mode}</span>`}
    <p class="small dim">
      ${showTime(createdAt, timeZone)} · ${ACTORS[actor.kind]}${address === null ? null : ` · ${address}`}
    </p>
    ${
      about.length === 0 && requestId === null
        ? null
        : html`<details>
            <summary class="small">Details</summary>
            <p class="small">
              ${about.map((line) => html`${line}<br />`)}${
                requestId === null ? null : html`Request ID: <code>${requestId}</code>`
              }
            </p>
          </details>`
    }
  </li>`;
}

const ACTORS: Readonly<Record<AuditEvent["actor"]["kind"], string>> = {
  key: "API key",
  session: "signed-in user",
  connect_link: "connect link",
  instance: "this instance",
  visitor: "visitor",
};

/** "api_key.created": "API key created". */
function words(action: string): string {
  const text = action.replaceAll(/[._]/g, " ").replace(/^api key/, "API key");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
