import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";

import { postsApproval, postsApprove } from "../../../contract/operations/approvals.ts";
import { MODES, type Mode } from "../../../model/platform-names.ts";
import { postNotFound } from "../../domain/posts/get-post.ts";
import type { Services } from "../../domain/services.ts";
import { html, type Html } from "../html.ts";
import { type CallOperation, operationsFor, type Outcome, type PageOptions } from "./call-operation.ts";
import { readForm } from "./form.ts";
import { type Notice, sendPage } from "./frame.ts";
import { type Person, requirePerson } from "./person.ts";
import { queryOf, readMode } from "./query.ts";
import { whyNotYet } from "./shown-media.ts";
import { readAccountNames, shownPost } from "./shown-post.ts";
import { showTime } from "./times.ts";

/** Approving the current version of a post, for keys that publish only approved posts. */
export function addApprovePost(scope: FastifyInstance, services: Services, options: PageOptions): void {
  const path = "/posts/:id/approve";

  scope.get<{ Params: { id: string } }>(path, async (request, reply) => {
    const person = await requirePerson(services, request);
    const { mode } = queryOf(request);
    const call = operationsFor(services, options, request, reply, person);
    const shown = await read(call, request.params.id, mode === undefined ? MODES : [readMode(mode)]);
    return await showApproval(services, request, reply, person, shown);
  });

  scope.post<{ Params: { id: string } }>(path, async (request, reply) => {
    const form = await readForm(request, services.settings.appUrl);
    const [id, mode] = [request.params.id, readMode(form.text("mode"))];
    const call = operationsFor(services, options, request, reply, await requirePerson(services, request));
    const body = { contentHash: form.text("contentHash") };
    const answered = await call(postsApprove, { params: { id }, body }, mode);
    const notice: Notice = answered.ok
      ? { kind: "done", text: "The post has been approved as shown here. Any edit removes the approval." }
      : { kind: "failed", text: answered.refused.message };
    // Read again, so that the navigation shows one fewer waiting.
    const person = await requirePerson(services, request);
    const shown = { ...(await read(call, id, [mode])), notice, status: answered.status };
    return await showApproval(services, request, reply, person, shown);
  });
}

/** The current version of a post, or the error. People who get a link to a post need not know its mode. */
async function read(call: CallOperation, id: string, modes: readonly Mode[]): Promise<ReadPost> {
  for (const mode of modes) {
    const answered = await call(postsApproval, { params: { id } }, mode);
    // An invalid ID is no post either.
    if (answered.status !== 404 && answered.status !== 400) return { id, mode, answered };
  }
  throw postNotFound();
}

interface ReadPost {
  id: string;
  mode: Mode;
  answered: Outcome<z.output<typeof postsApproval.answer>>;
}

async function showApproval(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
  person: Person,
  shown: ReadPost & { notice?: Notice; status?: number },
): Promise<FastifyReply> {
  const { id, mode, answered, notice = null, status = 200 } = shown;
  const page = { title: "Approve post", at: "/approvals", viewer: person };
  const others = html`<a href="/approvals?mode=${mode}">All posts waiting for approval</a>`;
  if (!answered.ok)
    return await sendPage(reply, {
      ...page,
      status: answered.status,
      notice: { kind: "failed", text: answered.refused.message },
      body: html`<p>${others}</p>`,
    });
  const { approval, post } = answered.body;
  const names = await readAccountNames(services, person, mode, request);
  return await sendPage(reply, {
    ...page,
    showsMedia: true,
    status,
    notice,
    body: html`<section>${shownPost(post, approval, names, person.timeZone)}</section>
      ${
        approval.approvedAt === null
          ? null
          : html`<p class="notice done">
              Approved on ${showTime(approval.approvedAt, person.timeZone)}, as shown here.
            </p>`
      }
      ${approval.approvedAt === null ? whyNotYet(approval) : null}
      <div class="row">
        ${
          approval.approvedAt === null && whyNotYet(approval) === null
            ? approveForm(id, mode, approval.contentHash)
            : null
        }${others}
      </div>`,
  });
}

function approveForm(id: string, mode: Mode, contentHash: string): Html {
  return html`<form method="post" action="/posts/${id}/approve">
    <input type="hidden" name="mode" value="${mode}" /><input
      type="hidden"
      name="contentHash"
      value="${contentHash}"
    /><button class="main">Approve</button>
  </form>`;
}
