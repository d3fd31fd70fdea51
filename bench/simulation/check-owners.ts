import type { Violation } from "../faults/checker.ts";
import { type GonePost, hasTwin, type Post, say, whenOf } from "./outcome.ts";
import type { PauseScope } from "./plan-owners.ts";
import type { PlannedPost } from "./plan.ts";
import type { RunResult } from "./run.ts";
import type { UserAction } from "./users.ts";

/** What owners have asked for: to cancel, to pause, to publish no later than a time, to forget everything. */
export function owners(ran: RunResult, posts: readonly Post[], gone: readonly GonePost[]): Violation[] {
  return [
    ...posts.flatMap((post) => [
      ...cancelled(ran, post),
      ...paused(ran, post),
      ...skipped(ran, post),
      ...missed(ran, post),
      ...tooLate(ran, post),
    ]),
    ...left(ran, gone),
  ];
}

/** A post reported as cancelled is not published afterwards. */
function cancelled(ran: RunResult, post: Post): Violation[] {
  // Another post with the same text may be published.
  if (hasTwin(ran, post)) return [];
  const cancel = ran.acted.find(
    ({ post: place, act, outcome }) => place === post.place && act === "cancel" && outcome === "done",
  );
  const after = cancel === undefined ? undefined : post.entries.flat().find(({ atMs }) => atMs > cancel.ackedMs);
  if (after === undefined || cancel === undefined) return [];
  return [
    say(
      "untrue",
      post,
      `was cancelled at ${(cancel.ackedMs / 1000).toFixed(3)} and went out at ${(after.atMs / 1000).toFixed(3)}`,
    ),
  ];
}

/** The pauses that apply to the post, in seconds; those that nobody was told of may have been in effect. */
function pausesOf({ acted, plan }: RunResult, place: number, isSure: boolean): { from: number; to: number }[] {
  const own = plan.posts[place];
  const asked = acted.filter(
    (each) =>
      each.act === "pause" && each.outcome !== "refused" && concerns(each.scope ?? "user", plan.posts[each.post], own),
  );
  return asked
    .filter(({ outcome }) => !isSure || outcome === "done")
    .map((each) => ({
      from: (isSure ? each.ackedMs : each.at * 1000) / 1000,
      to:
        (isSure
          ? firstEnd(
              asked.filter((other) => isSameTarget(plan.posts, each, other)),
              each,
            )
          : (each.endsMs ?? 0)) / 1000,
    }));
}

/** Whoever pauses the same thing twice has one pause, which ends with the first end. */
function firstEnd(same: readonly UserAction[], { ackedMs }: UserAction): number {
  return Math.min(...same.map(({ endsMs = 0 }) => endsMs).filter((ms) => ms > ackedMs));
}

function isSameTarget(posts: readonly PlannedPost[], one: UserAction, other: UserAction): boolean {
  return one.scope === other.scope && concerns(one.scope ?? "user", posts[one.post], posts[other.post]);
}

function concerns(scope: PauseScope, paused: PlannedPost | undefined, post: PlannedPost | undefined): boolean {
  if (scope === "instance") return true;
  return paused?.tenant === post?.tenant && (scope !== "account" || paused?.shape.platform === post?.shape.platform);
}

/** While something is paused, none of its commits begins. */
function paused(ran: RunResult, post: Post): Violation[] {
  const pauses = pausesOf(ran, post.place, true);
  const own = ran.commits.filter(({ platformPostId }) => platformPostId === post.row.id);
  const begun = own.find(({ intentMs }) =>
    pauses.some(({ from, to }) => intentMs > from * 1000 && intentMs < to * 1000),
  );
  return begun === undefined
    ? []
    : [say("untrue", post, `began a commit at ${(begun.intentMs / 1000).toFixed(3)}, while it was paused`)];
}

/** Whether its time is still the planned one, and nobody has asked for another. */
function isAsPlanned({ acted, clockSteps, plan }: RunResult, { place }: Post): boolean {
  const isMoved = acted.some(
    ({ post, act, outcome }) => post === place && act !== "pause" && act !== "cancel" && outcome !== "refused",
  );
  return !isMoved && clockSteps.length === 1 && "dueAt" in (plan.posts[place]?.when ?? {});
}

/** What is not to be published after a pause is not, if its time was in it. */
function skipped(ran: RunResult, post: Post): Violation[] {
  const due = whenOf(ran, post);
  const isSkipped =
    ran.plan.posts[post.place]?.skips === true &&
    pausesOf(ran, post.place, true).some(({ from, to }) => from < due && due < to);
  if (!isSkipped || !isAsPlanned(ran, post) || hasTwin(ran, post) || post.row.status !== "published") return [];
  return [say("untrue", post, "was due during a pause, and was not to be published after it")];
}

/** What has been missed had a latest time, or was not to be published after a pause; and something has delayed it. */
function missed(ran: RunResult, post: Post): Violation[] {
  if (!post.row.is_missed && post.row.error?.code !== "PUBLISH_MISSED") return [];
  const { lastSeconds, skips } = ran.plan.posts[post.place] ?? {};
  const due = whenOf(ran, post);
  const wasPaused = siblingPlaces(ran, post).some((place) => pausesOf(ran, place, false).some(({ to }) => to > due));
  const isLimited = ran.plan.faults.some(({ at }) => at === "limit");
  const mayBeLate = lastSeconds !== undefined && (wasPaused || isLimited || ran.struck.size > 0);
  return mayBeLate || isLimited || (skips === true && wasPaused)
    ? []
    : [say("lost", post, "was missed, and nothing had delayed it")];
}

/** The platforms of a post are missed together. */
function siblingPlaces({ subjects }: RunResult, { subject }: Post): number[] {
  return [...subjects.entries()].flatMap(([place, { postId }]) => (postId === subject.postId ? [place] : []));
}

/** A text begins with its commit, which does not begin after its latest time. */
function tooLate(ran: RunResult, post: Post): Violation[] {
  const { lastSeconds, shape } = ran.plan.posts[post.place] ?? {};
  if (lastSeconds === undefined || shape === undefined || !isAsPlanned(ran, post)) return [];
  if (shape.content.media.length > 0 || shape.parts > 1) return [];
  const lastMs = (whenOf(ran, post) + lastSeconds) * 1000;
  const [first] = ran.commits.filter(({ platformPostId }) => platformPostId === post.row.id);
  return first === undefined || first.intentMs <= lastMs + 1
    ? []
    : [say("untrue", post, `began ${((first.intentMs - lastMs) / 1000).toFixed(1)} s after its latest time`)];
}

/** What belongs to a user who was deleted is live at most as often as it was wanted, and does not begin afterwards. */
function left({ acted, plan, commits }: RunResult, gone: readonly GonePost[]): Violation[] {
  const ofPost = (act: UserAction["act"], isMeant: (post: number) => boolean) =>
    acted.filter((each) => each.act === act && each.outcome !== "refused" && isMeant(each.post));
  return gone.flatMap(({ place, platform, subject, entries }): Violation[] => {
    const say = (kind: Violation["kind"], what: string): Violation => ({
      kind,
      sentence: `post ${place} on ${platform}, of a user who was deleted, ${what}`,
    });
    const [leaving] = ofPost("leave", (post) => plan.posts[post]?.tenant === subject.tenant);
    if (leaving === undefined) return [say("lost", "is gone, although nobody was deleted")];
    const alike = gone.filter(
      (other) =>
        other.platform === platform &&
        other.subject.tenant === subject.tenant &&
        other.subject.parts[0] === subject.parts[0],
    );
    const wanted = alike.length + ofPost("force", (post) => alike.some((other) => other.place === post)).length;
    const most = Math.max(...entries.map((each) => each.length));
    const live = new Set(entries.flat().map(({ id }) => id));
    const begun = commits.find(
      ({ made, intentMs }) =>
        leaving.outcome === "done" && intentMs > leaving.ackedMs && made.some((id) => live.has(id)),
    );
    return [
      ...(most > wanted ? [say("duplicate", `was published ${most} times, and is ${wanted}`)] : []),
      ...(begun === undefined ? [] : [say("untrue", `began at ${(begun.intentMs / 1000).toFixed(1)}`)]),
    ];
  });
}
