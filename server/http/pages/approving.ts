import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import { postsApproval } from "../../../contract/approvals.ts";
import { PublicError } from "../../../model/errors.ts";
import { MODES, type Mode } from "../../../model/platform-names.ts";
import type { Services } from "../../domain/services.ts";
import { callRoute, readRefusal } from "./call-route.ts";
import { readMode } from "./connections.ts";
import { readForm } from "./form.ts";
import { type Notice, sendPage } from "./frame.ts";
import { html, type Html } from "./html.ts";
import { type Person, requirePerson } from "./person.ts";
import { queryOf } from "./query.ts";
import { readAccountNames, shownPost } from "./shown-post.ts";
import { showTime } from "./times.ts";

/** A person's word that a post may go out as it is now, for keys that publish only what is approved. */
export function addApproving(scope: FastifyInstance, services: Services): void {
  const path = "/posts/:id/approve";

  scope.get<{ Params: { id: string } }>(path, async (request, reply) => {
    const person = await requirePerson(services, request, reply);
    return await showApproval(services, request, reply, person, { id: request.params.id, mode: await modeOf(request, reply, request.params.id) });
  });

  scope.post<{ Params: { id: string } }>(path, async (request, reply) => {
    const form = await readForm(request, services.settings.appUrl);
    const [id, mode] = [request.params.id, readMode(form.text("mode"))];
    const answered = await callRoute(services, request, reply, { method: "POST", path: `/api/posts/${encodeURIComponent(id)}/approve?mode=${mode}`, body: { contentHash: form.text("contentHash") } });
    // Read now, so that the way to the other pages shows one fewer that waits.
    const person = await requirePerson(services, request, reply);
    const notice: Notice = answered.ok ? { kind: "done", text: "The post is approved as it is shown here. Any edit voids that." } : { kind: "failed", text: readRefusal(answered).message };
    return await showApproval(services, request, reply, person, { id, mode, notice, status: answered.status });
  });

  /** Who is handed a link to a post need not know its mode. */
  async function modeOf(request: FastifyRequest, reply: FastifyReply, id: string): Promise<Mode> {
    const { mode } = queryOf(request);
    if (mode !== undefined) return readMode(mode);
    for (const known of MODES) {
      const { ok } = await callRoute(services, request, reply, { method: "GET", path: `/api/posts/${encodeURIComponent(id)}/approval?mode=${known}` });
      if (ok) return known;
    }
    throw new PublicError("POST_NOT_FOUND", "Post not found.");
  }
}

async function showApproval(services: Services, request: FastifyRequest, reply: FastifyReply, person: Person, shown: { id: string; mode: Mode; notice?: Notice; status?: number }): Promise<FastifyReply> {
  const { id, mode, notice = null, status = 200 } = shown;
  const read = postsApproval.answer.safeParse((await callRoute(services, request, reply, { method: "GET", path: `/api/posts/${encodeURIComponent(id)}/approval?mode=${mode}` })).body);
  if (!read.success) throw new PublicError("POST_NOT_FOUND", "Post not found.");
  const { approval, post } = read.data;
  const names = await readAccountNames(services, person, mode, request);
  return await sendPage(reply, {
    title: "Approve a post",
    at: "/approvals",
    viewer: person,
    status,
    notice,
    body: html`<section>${shownPost(post, names, person.timeZone)}</section>
${approval.approvedAt === null ? null : html`<p class="notice done">Approved ${showTime(approval.approvedAt, person.timeZone)}, as it is shown here.</p>`}
<div class="row">${approval.approvedAt === null ? approveForm(id, mode, approval.contentHash) : null}<a href="/approvals?mode=${mode}">All that wait for approval</a></div>`,
  });
}

function approveForm(id: string, mode: Mode, contentHash: string): Html {
  return html`<form method="post" action="/posts/${id}/approve"><input type="hidden" name="mode" value="${mode}"><input type="hidden" name="contentHash" value="${contentHash}"><button class="main">Approve it as it is</button></form>`;
}
