import type { Call, PlatformAnswer, SandboxPlatform } from "../../../sandbox/platform.ts";
import { card } from "../card.ts";
import { CREATE_ROUTES } from "./create.ts";
import { invalid, oauthError, problem, PROBLEMS, SWITCHES } from "./errors.ts";
import { FIDELITY } from "./fidelity.ts";
import { newApp, OAUTH_ROUTES, refuseConsent, seedIdentity } from "./oauth.ts";
import { PICTURE_HOST, READ_ROUTES } from "./reads.ts";
import { TASKS_SCHEMA } from "./tasks.ts";
import { UPLOAD_ROUTES } from "./upload.ts";

/**
 * The TikTok sandbox, written from TikTok's documentation and client reports, independently of the broker.
 */
export const sandbox: SandboxPlatform = {
  name: "tiktok",
  label: "TikTok",
  hosts: {
    "open.tiktokapis.com": [],
    "open-upload.tiktokapis.com": ["upload.us.tiktokapis.com"],
    "www.tiktok.com": ["tiktok.com", "m.tiktok.com"],
    [PICTURE_HOST]: [],
  },
  schema: TASKS_SCHEMA,
  resets: { tiktok_tasks: "begun_at" },
  routes: [...OAUTH_ROUTES, ...CREATE_ROUTES, ...UPLOAD_ROUTES, ...READ_ROUTES],
  fidelity: FIDELITY,
  switches: SWITCHES,
  badParameter,
  rateLimited: (call) => problem(call, PROBLEMS.rateLimited),
  serverError: (call) => problem(call, PROBLEMS.internal),
  newApp,
  card,
  seed: seedIdentity,
};

function badParameter(call: Call): PlatformAnswer {
  if (call.operation === "authorize") return refuseConsent(call);
  if (call.path.startsWith("/v2/oauth/"))
    return oauthError(call, "invalid_request", "The request parameters are malformed.");
  return problem(call, invalid("The request parameters are invalid."));
}
