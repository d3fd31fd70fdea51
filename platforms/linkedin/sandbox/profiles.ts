import { drawPicture } from "../../../sandbox/pictures.ts";
import { jsonAnswer, type Call, type PlatformAnswer, type SandboxRoute } from "../../../sandbox/platform.ts";
import { noPermission, Refusal, restHeaders } from "./errors.ts";
import { factsOf, refusing, viewerOf } from "./viewer.ts";

/** The owner of a token. Source: LinkedIn docs, sign-in-with-linkedin-v2. */
export const PICTURE_HOST = "media.licdn.com";

export const PROFILE_ROUTES: readonly SandboxRoute[] = [
  { method: "GET", host: "api.linkedin.com", path: "/v2/userinfo", operation: "read", run: refusing(readProfile) },
  { method: "GET", host: "api.linkedin.com", path: "/v2/me", operation: "read", run: refusing(refuseMe) },
  {
    method: "GET",
    host: PICTURE_HOST,
    path: "/dms/image/{name}",
    operation: "read",
    run: (call) => drawPicture((call.segments["name"] ?? "").replace(/\.jpg$/, "")),
  },
];

/** Each claim needs its scope. */
function readProfile(call: Call): PlatformAnswer {
  const { person, token } = viewerOf(call);
  const facts = factsOf(person);
  const { scopes } = token;
  if (!scopes.includes("openid") || !scopes.includes("profile"))
    throw new Refusal(noPermission("userinfo.GET.NO_VERSION"));
  const profile = {
    sub: person.id,
    name: person.name,
    given_name: facts.givenName,
    family_name: facts.familyName,
    picture: `https://${PICTURE_HOST}/dms/image/${person.username}.jpg?e=2147483647&v=beta`,
    locale: { country: "US", language: "en" },
    ...(scopes.includes("email") && { email: facts.email, email_verified: true }),
  };
  return jsonAnswer(profile, { headers: restHeaders(call) });
}

function refuseMe(call: Call): PlatformAnswer {
  viewerOf(call);
  throw new Refusal(noPermission("me.GET.NO_VERSION"));
}
