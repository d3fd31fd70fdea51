import type { FastifyInstance } from "fastify";

import {
  type Pause,
  publishingPause,
  publishingResume,
  type Publishing,
} from "../../../contract/operations/publishing.ts";
import type { Services } from "../../domain/services.ts";
import { HOLD_REASONS, holdCure, readHold } from "../../publishing/hold.ts";
import { html, type Html } from "../html.ts";
import { operationsFor, type PageOptions } from "./call-operation.ts";
import { button, readForm } from "./form.ts";
import { sendOn, sendPage } from "./frame.ts";
import { type Person, requirePerson } from "./person.ts";
import { readMode } from "./query.ts";
import { showTime } from "./times.ts";

/** The forms that pause and resume publishing. They return to the page they are on. */
export function addPublishingForms(scope: FastifyInstance, services: Services, options: PageOptions): void {
  for (const [path, operation] of [
    ["/publishing/pause", publishingPause],
    ["/publishing/resume", publishingResume],
  ] as const)
    scope.post(path, async (request, reply) => {
      const form = await readForm(request, services.settings.appUrl);
      const person = await requirePerson(services, request);
      const mode = readMode(form.text("mode"));
      const named = Object.fromEntries(
        ["platformSetId", "accountId"].flatMap((name) => (form.text(name) === "" ? [] : [[name, form.text(name)]])),
      );
      const body = form.text("instance") === "yes" ? { instance: true } : named;
      const answered = await operationsFor(services, options, request, reply, person)(operation, { body }, mode);
      if (answered.ok) return await sendOn(reply, "/");
      return await sendPage(reply, {
        title: "Publishing",
        viewer: person,
        status: answered.status,
        notice: { kind: "failed", text: answered.refused.message },
        body: html`<p><a href="/">Back to the overview</a></p>`,
      });
    });
}

/** What the owner of the instance sees and can do: a hold, and the pause of everything. */
export async function instanceSection(
  { pool }: Pick<Services, "pool">,
  { isOwner, timeZone }: Person,
  { pauses, status }: Publishing,
): Promise<Html | null> {
  const pause = pauses.find(({ scope }) => scope === "instance");
  if (!isOwner) {
    if (status === "held") return warn("The operator has put publishing on hold. Nothing is published until then.");
    return pause === undefined ? null : warn(`The operator has paused publishing on ${sinceOf(pause, timeZone)}.`);
  }
  const held = await readHold(pool);
  return html`<section>
    <h2>This instance</h2>
    ${
      held === null
        ? null
        : html`${warn(`Publishing has been on hold since ${showTime(held.since, timeZone)}. ${HOLD_REASONS[held.reason]}`)}
            <ul>
              <li>${count(held.doubted, "post")} that may already be live: being checked with the platforms</li>
              <li>${count(held.unknown, "post")} whose outcome a person must check</li>
              <li>${count(held.waiting, "post")} due and waiting for release</li>
            </ul>
            <p>${holdCure(held.reason)}</p>`
    }
    ${pause === undefined ? null : warn(`Publishing has been paused for everyone since ${sinceOf(pause, timeZone)}.`)}
    ${
      pause === undefined
        ? button("/publishing/pause", "Pause publishing for everyone", {
            kind: "danger quiet",
            hidden: { instance: "yes" },
          })
        : button("/publishing/resume", "Resume publishing for everyone", { hidden: { instance: "yes" } })
    }
  </section>`;
}

function sinceOf({ since }: Pause, timeZone: string): string {
  return showTime(since, timeZone);
}

function warn(text: string): Html {
  return html`<p class="notice warn small">${text}</p>`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
