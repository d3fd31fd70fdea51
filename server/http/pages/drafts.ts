import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import { type Approval, postsApproval } from "../../../contract/operations/approvals.ts";
import { type Post, postsDelete, postsList, postsPublish, postsUpdate } from "../../../contract/operations/posts.ts";
import { MODES, type Mode } from "../../../model/platform-names.ts";
import { withoutTurns } from "../../../model/text-direction.ts";
import { catalog } from "../../../platforms/catalog.ts";
import { revisionOf } from "../../calls/request-headers.ts";
import { postNotFound } from "../../domain/posts/get-post.ts";
import type { Services } from "../../domain/services.ts";
import { html, type Html } from "../html.ts";
import { type CallOperation, operationsFor, type Outcome, type PageOptions } from "./call-operation.ts";
import { type Filled, readForm } from "./form.ts";
import { type Notice, sendOn, sendPage } from "./frame.ts";
import { type Person, requirePerson } from "./person.ts";
import { queryOf, readMode } from "./query.ts";
import { whyNotYet } from "./shown-media.ts";
import { readAccountNames, shownPost } from "./shown-post.ts";
import { showTime } from "./times.ts";

/** Drafts, whoever created them: a person publishes, schedules or discards each exactly as it is shown. */
export function addDrafts(scope: FastifyInstance, services: Services, options: PageOptions): void {
  scope.get("/drafts", async (request, reply) => {
    const person = await requirePerson(services, request);
    const { mode, cursor } = queryOf(request);
    const call = operationsFor(services, options, request, reply, person);
    return await showDrafts(call, reply, person, { mode: readMode(mode), cursor });
  });

  scope.get<{ Params: { id: string } }>("/drafts/:id", async (request, reply) => {
    const person = await requirePerson(services, request);
    const { mode, notice = "" } = queryOf(request);
    const call = operationsFor(services, options, request, reply, person);
    const draft = await read(call, request.params.id, mode === undefined ? MODES : [readMode(mode)]);
    return await showDraft(services, request, reply, person, { draft, notice: NOTICES[notice] ?? null });
  });

  const act = (what: keyof typeof NOTICES, run: (call: CallOperation, asked: Asked) => ReturnType<CallOperation>) =>
    scope.post<{ Params: { id: string } }>(`/drafts/:id/${what}`, async (request, reply) => {
      const form = await readForm(request, services.settings.appUrl);
      const person = await requirePerson(services, request);
      const { id } = request.params;
      const mode = readMode(form.text("mode"));
      const call = operationsFor(services, options, request, reply, person);
      const answered = await run(call, { id, mode, form, person, ifRevision: revisionOf(form.text("etag")) });
      if (answered.ok) return await sendOn(reply, `/drafts/${encodeURIComponent(id)}?mode=${mode}&notice=${what}`);
      const { fields, message } = answered.refused;
      const text = fields["scheduledFor"]?.replace(/^ScheduledFor /, "The time ") ?? message;
      const draft = await read(call, id, [mode]);
      const { status } = answered;
      return await showDraft(services, request, reply, person, { draft, notice: { kind: "failed", text }, status });
    });

  act("publish", (call, { id, mode, ifRevision }) => call(postsPublish, { params: { id }, ifRevision }, mode));
  act("schedule", (call, { id, mode, ifRevision, form, person }) => {
    const body = { scheduledFor: form.text("at"), timeZone: person.timeZone };
    return call(postsUpdate, { params: { id }, body, ifRevision }, mode);
  });
  act("discard", (call, { id, mode, ifRevision }) => call(postsDelete, { params: { id }, ifRevision }, mode));
}

/** A form about a draft, and the revision that it showed. */
interface Asked {
  id: string;
  mode: Mode;
  form: Filled;
  person: Person;
  ifRevision: number | null;
}

const NOTICES: Readonly<Record<string, Notice>> = {
  publish: { kind: "done", text: "The post is being published." },
  schedule: { kind: "done", text: "The post has been scheduled." },
  discard: { kind: "done", text: "The post has been discarded and will not be published." },
};

const PAGE = 20;

async function showDrafts(
  call: CallOperation,
  reply: FastifyReply,
  person: Person,
  { mode, cursor }: { mode: Mode; cursor: string | undefined },
): Promise<FastifyReply> {
  const query = { status: "draft", limit: String(PAGE), ...(cursor === undefined ? {} : { cursor }) };
  const answered = await call(postsList, { query }, mode);
  const { posts, nextCursor } = answered.ok ? answered.body : { posts: [], nextCursor: null };
  const modes = MODES.map(
    (name) =>
      html`<a href="/drafts?mode=${name}" ${name === mode ? html` aria-current="page"` : null}
        >${name === "live" ? "Live" : "Test"}</a
      >`,
  );
  return await sendPage(reply, {
    title: "Drafts",
    at: "/drafts",
    viewer: person,
    status: answered.status,
    notice: answered.ok ? null : { kind: "failed", text: answered.refused.message },
    body: html`<nav class="modes" aria-label="Mode">${modes}</nav>
      <p class="dim">Posts that are neither scheduled nor published, such as those of keys that only create drafts.</p>
      <section>
        ${
          posts.length === 0
            ? html`<p class="dim">No drafts.</p>`
            : html`<ul class="plain">
                ${posts.map(
                  ({ id, textPreview, platforms, createdAt }) =>
                    html`<li>
                      <h2>
                        <a href="/drafts/${id}?mode=${mode}"
                          >${textPreview.trim() === "" ? "No text" : withoutTurns(textPreview)}</a
                        >
                      </h2>
                      <p class="small dim">
                        ${platforms.map((name) => catalog[name].capabilities.label).join(", ")} · Created:
                        ${showTime(createdAt, person.timeZone)}
                      </p>
                    </li>`,
                )}
              </ul>`
        }
      </section>
      ${
        nextCursor === null
          ? null
          : html`<p>
              <a class="button" href="/drafts?${new URLSearchParams({ mode, cursor: nextCursor }).toString()}">Older</a>
            </p>`
      }`,
  });
}

interface Draft {
  mode: Mode;
  post: Post;
  approval: Approval;
  etag: string;
}

/** The draft as it is now, or the error. People who get a link to a draft need not know its mode. */
async function read(call: CallOperation, id: string, modes: readonly Mode[]): Promise<Draft | Failed> {
  for (const mode of modes) {
    const answered = await call(postsApproval, { params: { id } }, mode);
    if (answered.ok) return { mode, ...answered.body, etag: answered.etag ?? "" };
    // An invalid ID is no post either.
    if (answered.status !== 404 && answered.status !== 400) return answered;
  }
  throw postNotFound();
}

type Failed = Extract<Outcome, { ok: false }>;

async function showDraft(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
  person: Person,
  { draft, notice, status = 200 }: { draft: Draft | Failed; notice: Notice | null; status?: number },
): Promise<FastifyReply> {
  if ("refused" in draft)
    return await sendPage(reply, {
      title: "Draft",
      at: "/drafts",
      viewer: person,
      status: draft.status,
      notice: { kind: "failed", text: draft.refused.message },
      body: html`<p><a href="/drafts">All drafts</a></p>`,
    });
  const { mode, post, approval } = draft;
  const names = await readAccountNames(services, person, mode, request);
  const missing = whyNotYet(approval);
  return await sendPage(reply, {
    title: post.status === "draft" ? "Draft" : "Post",
    at: "/drafts",
    viewer: person,
    showsMedia: true,
    status,
    notice,
    body: html`<section>${shownPost(post, approval, names, person.timeZone)} ${linksOf(post)}</section>
      ${post.status !== "draft" ? null : (missing ?? publishForms(draft, person.timeZone))}
      ${post.status === "draft" ? actionForm(draft, "discard", html`<button class="danger">Discard</button>`) : null}
      <p><a href="/drafts?mode=${mode}">All drafts</a></p>`,
  });
}

/** Where the post can be seen. */
function linksOf({ platformPosts }: Post): Html[] {
  return platformPosts.flatMap(({ platform, publishedUrl, sandboxUrl }) => {
    const url = sandboxUrl ?? publishedUrl;
    if (url === null || !/^https?:/.test(url)) return [];
    return [html`<p><a href="${url}" rel="noreferrer">Open on ${catalog[platform].capabilities.label}</a></p>`];
  });
}

function publishForms(draft: Draft, timeZone: string): Html {
  return html`${actionForm(draft, "publish", html`<button class="main">Publish now</button>`)}
    <section>
      <h2>Schedule</h2>
      ${actionForm(
        draft,
        "schedule",
        html`<div class="field">
            <label for="at">Time</label
            ><input id="at" name="at" type="datetime-local" required aria-describedby="at-hint" />
            <p class="hint" id="at-hint">In your time zone, ${timeZone}.</p>
          </div>
          <button>Schedule</button>`,
      )}
    </section>`;
}

function actionForm({ post, mode, etag }: Draft, what: string, inside: Html): Html {
  return html`<form method="post" action="/drafts/${post.id}/${what}">
    <input type="hidden" name="mode" value="${mode}" /><input type="hidden" name="etag" value="${etag}" />${inside}
  </form>`;
}
