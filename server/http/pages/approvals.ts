import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import { approvalsList, postsApprove, type WaitingApproval } from "../../../contract/operations/approvals.ts";
import { postsDelete } from "../../../contract/operations/posts.ts";
import { MODES, type Mode } from "../../../model/platform-names.ts";
import type { Services } from "../../domain/services.ts";
import { html, type Html } from "../html.ts";
import { type CallOperation, operationsFor, type PageOptions } from "./call-operation.ts";
import { button, readForm } from "./form.ts";
import { type Notice, sendOn, sendPage, waitingTag } from "./frame.ts";
import { type Person, requirePerson } from "./person.ts";
import { queryOf, readMode } from "./query.ts";
import { whyNotYet } from "./shown-media.ts";
import { type AccountNames, platformsOf, readAccountNames, shownPost } from "./shown-post.ts";
import { showTime } from "./times.ts";

/** The posts that keys can publish only after approval: reviewed, then approved or discarded. */
export function addApprovals(scope: FastifyInstance, services: Services, options: PageOptions): void {
  const { settings } = services;

  scope.get("/approvals", async (request, reply) => {
    const person = await requirePerson(services, request);
    const { mode, cursor, notice = "" } = queryOf(request);
    // Without a mode: the one in which something waits.
    const shown = mode === undefined && person.waiting.live === 0 && person.waiting.test > 0 ? "test" : readMode(mode);
    const call = operationsFor(services, options, request, reply, person);
    return await showApprovals(services, call, request, reply, person, {
      mode: shown,
      cursor,
      notice: NOTICES[notice] ?? null,
    });
  });

  for (const { what, operation, notice } of [
    { what: "approve", operation: postsApprove, notice: "approved" },
    { what: "discard", operation: postsDelete, notice: "discarded" },
  ] as const) {
    scope.post(`/approvals/${what}`, async (request, reply) => {
      const form = await readForm(request, settings.appUrl);
      const person = await requirePerson(services, request);
      const mode = readMode(form.text("mode"));
      const call = operationsFor(services, options, request, reply, person);
      const body = what === "approve" ? { contentHash: form.text("contentHash") } : undefined;
      const answered = await call(operation, { params: { id: form.text("id") }, body }, mode);
      if (answered.ok) return await sendOn(reply, `/approvals?mode=${mode}&notice=${notice}`);
      return await showApprovals(services, call, request, reply, person, {
        mode,
        notice: { kind: "failed", text: answered.refused.message },
        status: answered.status,
      });
    });
  }
}

const NOTICES: Readonly<Record<string, Notice>> = {
  approved: { kind: "done", text: "The post has been approved. Its key can now publish it." },
  discarded: { kind: "done", text: "The post has been discarded and will not be published." },
};

const PAGE = 20;

async function showApprovals(
  services: Services,
  call: CallOperation,
  request: FastifyRequest,
  reply: FastifyReply,
  person: Person,
  {
    mode,
    cursor,
    notice,
    status = 200,
  }: { mode: Mode; cursor?: string | undefined; notice: Notice | null; status?: number },
): Promise<FastifyReply> {
  const query = { limit: String(PAGE), cursor };
  const answered = await call(approvalsList, { query }, mode);
  const { approvals, nextCursor } = answered.ok ? answered.body : { approvals: [], nextCursor: null };
  const names = await readAccountNames(services, person, mode, request);
  const modes = MODES.map(
    (name) =>
      html`<a href="/approvals?mode=${name}" ${name === mode ? html` aria-current="page"` : null}
        >${name === "live" ? "Live" : "Test"}${waitingTag(person.waiting[name])}</a
      >`,
  );
  return await sendPage(reply, {
    title: "Approvals",
    at: "/approvals",
    viewer: person,
    showsMedia: true,
    status: answered.ok ? status : answered.status,
    notice: answered.ok ? notice : { kind: "failed", text: answered.refused.message },
    body: html`<nav class="modes" aria-label="Mode">${modes}</nav>
      <p class="dim">
        Posts from <a href="/keys">API keys</a> that require your approval. You approve a post exactly as shown: any
        edit removes the approval.
      </p>
      ${
        answered.ok && approvals.length === 0
          ? html`<section><p class="dim">No posts are waiting for approval.</p></section>`
          : approvals.map((each) => approvalSection(each, names, person.timeZone))
      }
      ${
        nextCursor === null
          ? null
          : html`<p>
              <a class="button" href="/approvals?${new URLSearchParams({ mode, cursor: nextCursor }).toString()}"
                >Older</a
              >
            </p>`
      }`,
  });
}

function approvalSection({ approval, post, key }: WaitingApproval, names: AccountNames, timeZone: string): Html {
  const { postId: id, contentHash } = approval;
  const { mode } = post;
  const missing = whyNotYet(approval);
  const about = (what: string) =>
    `${what} the post for ${platformsOf(post)} from ${showTime(post.createdAt, timeZone)}`;
  return html`<section aria-labelledby="post-${id}">
    <h2 id="post-${id}">${platformsOf(post)}</h2>
    <p class="small dim">
      From key “${key.name}”, ${showTime(post.updatedAt, timeZone)} ·
      <a href="/posts/${id}/approve?mode=${mode}">View</a>
    </p>
    ${shownPost(post, approval, names, timeZone)} ${missing}
    <div class="row">
      ${
        missing === null
          ? button("/approvals/approve", "Approve", {
              kind: "main",
              hidden: { id, mode, contentHash },
              describes: about("Approve"),
            })
          : null
      }
      ${button("/approvals/discard", "Discard", { kind: "danger", hidden: { id, mode }, describes: about("Discard") })}
    </div>
  </section>`;
}
