import type { Logger } from "pino";

import { NO_BRAND } from "../../model/brand.ts";
import { PublicError } from "../../model/errors.ts";
import { newId } from "../../model/ids.ts";
import { selfHosted } from "../../model/plans.ts";
import type { PostContent } from "../../model/post.ts";
import { unlimited } from "../../model/user-limits.ts";
import { loginOf } from "../../platforms/index.ts";
import { transaction } from "../../server/db/sql.ts";
import { createKeyHolders } from "../../server/domain/api-keys/key-holders.ts";
import { BY_INSTANCE, type Call } from "../../server/domain/call.ts";
import { createPost } from "../../server/domain/posts/create-post.ts";
import { discardPost } from "../../server/domain/posts/discard-post.ts";
import { createKnownSets } from "../../server/domain/posts/known-sets.ts";
import { publishPost } from "../../server/domain/posts/publish-post.ts";
import { retryPost } from "../../server/domain/posts/retry-post.ts";
import { updatePost } from "../../server/domain/posts/update-post.ts";
import { type PauseTarget, startPause, stopPause } from "../../server/domain/publishing/pauses.ts";
import type { Services } from "../../server/domain/services.ts";
import { deleteEverything } from "../../server/domain/users/delete-user.ts";
import type { OAuthServices } from "../../server/oauth/services.ts";
import { createVault } from "../../server/vault/vault.ts";
import type { Database } from "./database.ts";
import { contentFor, type Installation } from "./installation.ts";
import { type Plan, type PlannedAct, siblingsOf } from "./plan.ts";
import { EPOCH_MS, type Machine, newMachine, type Timeline } from "./timeline.ts";

/** The actions of the people in a run, and when each was confirmed. */
export interface UserAction extends PlannedAct {
  /** `unheard`: the request failed, and it is unknown whether it had an effect. */
  outcome: "done" | "refused" | "unheard";
  ackedMs: number;
  /** Of a pause: when it began to end. */
  endsMs?: number;
}

export interface Subject {
  postId: string;
  /** The current text of its parts. */
  parts: string[];
  tenant: number;
  platformAccountId: string;
}

/** The people of a run, and the process that they call. */
export interface Users {
  api: Machine;
  services: Services;
  /** In the order of the plan. */
  subjects: Subject[];
  acted: UserAction[];
  createPosts(): Promise<void>;
  /** A request, repeated if its response is lost. */
  perform(planned: PlannedAct): Promise<void>;
}

interface UsersDeps {
  installation: Installation;
  plan: Plan;
  timeline: Timeline;
  database: Database;
  log: Logger;
  oauthOf(pool: OAuthServices["pool"]): OAuthServices;
}

const TRIES = 9;

export function startUsers({ installation, plan, timeline, database, log, oauthOf }: UsersDeps): Users {
  const { tenants, storage, mediaUrls, sandboxUrl, vaultKey } = installation;
  const subjects: Subject[] = [];
  const acted: UserAction[] = [];
  const api = newMachine("api");
  const apiPool = database.poolFor(api, 10);
  const apiListener = database.listenerFor(api);
  const services: Services = {
    pool: apiPool,
    log,
    storage,
    listener: apiListener,
    jobs: { send: () => Promise.resolve() },
    knownSets: createKnownSets(),
    keyHolders: createKeyHolders({ pool: apiPool, listener: apiListener }),
    sessions: { find: () => Promise.resolve(null) },
    auth: () => Promise.reject(new Error("Nobody signs in")),
    vault: createVault([vaultKey]),
    oauth: oauthOf(apiPool),
    oauthOf: loginOf,
    settings: {
      apiUrl: "http://127.0.0.1",
      appUrl: "http://127.0.0.1",
      mediaUrl: mediaUrls.baseUrl,
      sandboxUrl,
      sandboxPage: "open",
      allowPrivateUrls: true,
      scheduling: "all",
      forcePrivateUploads: false,
      platformLimits: {},
      platformPrices: {},
      hasMailServer: true,
      signUp: "closed",
      maxUsers: null,
      privacyUrl: null,
      termsUrl: null,
      brand: NO_BRAND,
      maxPlatformSets: 20,
      mediaSecrets: () => [Buffer.from(mediaUrls.secret)],
    },
    addressesOf: () => Promise.resolve([]),
    limitsOf: unlimited,
    planOf: selfHosted,
    billing: null,
  };
  const callOf = (tenant: number): Call => ({
    ...BY_INSTANCE,
    userId: tenants[tenant]?.userId ?? "",
    mode: "test",
    requestId: newId(),
    policies: null,
    claim: null,
    ifRevision: null,
    uploads: [],
  });

  /** A request as people make it. */
  async function act(planned: PlannedAct): Promise<UserAction["outcome"]> {
    const post = plan.posts[planned.post];
    const subject = subjects[planned.post];
    if (post === undefined || subject === undefined) return "refused";
    const call = callOf(post.tenant);
    try {
      if (planned.act === "cancel") await discardPost(services, call, subject.postId);
      if (planned.act === "publish") await publishPost(services, call, subject.postId);
      if (planned.act === "retry") await retryPost(services, call, subject.postId, {});
      if (planned.act === "force")
        await retryPost(services, call, subject.postId, { platforms: [post.shape.platform], force: true });
      if (planned.act === "pause")
        await transaction(apiPool, async (tx) => await startPause(tx, call, targetOf(planned)));
      if (planned.act === "leave")
        await transaction(apiPool, async (tx) => await deleteEverything(services, tx, call, call.userId));
      if (planned.act === "edit") {
        const edited = write(planned.post, `edited at ${planned.at.toFixed(1)}`);
        await updatePost(services, call, subject.postId, {
          body: { content: edited.content, scheduledFor: new Date(Date.now() + 20_000).toISOString() },
          issues: [],
        });
        for (const [place, parts] of edited.parts) Object.assign(subjects[place] ?? {}, { parts });
      }
      return "done";
    } catch (error) {
      return error instanceof PublicError ? "refused" : "unheard";
    }
  }

  function targetOf({ post: place, scope = "user" }: PlannedAct): PauseTarget {
    const post = plan.posts[place];
    const tenant = tenants[post?.tenant ?? 0];
    const accountId = tenant?.accounts[post?.shape.platform ?? ""]?.id ?? null;
    const none = { user_id: null, mode: null, platform_set_id: null, account_id: null, by_operator: true };
    if (tenant === undefined || scope === "instance") return none;
    return {
      user_id: tenant.userId,
      mode: "test",
      platform_set_id: scope === "platform set" ? tenant.platformSetId : null,
      account_id: scope === "account" ? accountId : null,
      by_operator: false,
    };
  }

  /** Ends a pause, however often it takes. */
  async function resume(planned: PlannedAct): Promise<void> {
    const call = callOf(plan.posts[planned.post]?.tenant ?? 0);
    for (;;) {
      try {
        return void (await transaction(apiPool, async (tx) => await stopPause(tx, call, targetOf(planned))));
      } catch {
        await new Promise((passed) => setTimeout(passed, 2000));
      }
    }
  }

  /** The content on all platforms of the post, and the text of its parts on each. */
  function write(main: number, more: string): { content: PostContent; parts: Map<number, string[]> } {
    const parts = new Map<number, string[]>();
    let whole: PostContent | undefined;
    for (const place of siblingsOf(plan, main)) {
      const post = plan.posts[place];
      const tenant = tenants[post?.tenant ?? 0];
      if (post === undefined || tenant === undefined) throw new Error("There is no such post");
      const words = `Post ${post.words} of ${plan.seed}${more === "" ? "" : `, ${more}`} ${post.ending ?? "ends"}`;
      const one = contentFor(tenant, post.shape, words);
      parts.set(place, one.parts);
      whole ??= one.content;
      Object.assign(whole.platformOverrides, one.content.platformOverrides);
    }
    if (whole === undefined) throw new Error("There is no such post");
    return { content: whole, parts };
  }

  return {
    api,
    services,
    subjects,
    acted,
    async createPosts() {
      for (const [main, post] of plan.posts.entries()) {
        if (post.siblingOf !== undefined) continue;
        const tenant = tenants[post.tenant];
        const { content, parts } = write(main, "");
        if (tenant === undefined) throw new Error("There is no such tenant");
        const platformOf = (place: number) => plan.posts[place]?.shape.platform ?? post.shape.platform;
        timeline.after(0, api, "creates a post", async () => {
          const scheduledFor = "dueAt" in post.when ? new Date(EPOCH_MS + post.when.dueAt * 1000).toISOString() : null;
          const platforms = [...parts.keys()].map(platformOf);
          const { lastSeconds, skips = false } = post;
          const latest =
            scheduledFor === null || lastSeconds === undefined
              ? {}
              : { publishBy: new Date(Date.parse(scheduledFor) + lastSeconds * 1000).toISOString() };
          const onPause = skips ? ("skip" as const) : ("late" as const);
          const { body } = await createPost(services, callOf(post.tenant), {
            body: { content, platforms, platformSetId: tenant.platformSetId, scheduledFor, onPause, ...latest },
            issues: [],
          });
          for (const [place, own] of parts)
            subjects[place] = {
              postId: body.post.id,
              parts: own,
              tenant: post.tenant,
              platformAccountId: tenant.accounts[platformOf(place)]?.platformAccountId ?? "",
            };
        });
      }
      await timeline.run(60_000, () => subjects.filter(Boolean).length === plan.posts.length);
      if (subjects.filter(Boolean).length < plan.posts.length)
        throw new Error(`A post could not be created in seed ${plan.seed}`);
    },
    async perform(planned) {
      for (let tries = 1; ; tries += 1) {
        const outcome = await act(planned);
        const ackedMs = timeline.now();
        // Rejected after a response was lost: the first request may have succeeded.
        if (outcome !== "unheard" || tries === TRIES) {
          const said = outcome === "refused" && tries > 1 ? "unheard" : outcome;
          if (planned.act !== "pause") return void acted.push({ ...planned, outcome: said, ackedMs });
          await new Promise((passed) => setTimeout(passed, (planned.seconds ?? 0) * 1000));
          const endsMs = timeline.now();
          await resume(planned);
          return void acted.push({ ...planned, outcome: said, ackedMs, endsMs });
        }
        await new Promise((passed) => setTimeout(passed, 2000 * tries));
      }
    },
  };
}
