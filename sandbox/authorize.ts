import { isLoopbackHost } from "../platforms/kit/addresses.ts";
import { hueOf } from "../platforms/kit/card/card.ts";
import { escapeHtml } from "./html.ts";
import type { App } from "./identity.ts";
import { htmlAnswer, redirectAnswer, type Call, type FaultSwitch, type PlatformAnswer } from "./platform.ts";

/** The contents of a platform's consent page. */
export interface ConsentQuestion {
  platform: string;
  /** The person: "Continue as …". */
  person: { username: string; name: string };
  groups: readonly ConsentGroup[];
}

/** Checkboxes that share a form field. All are checked initially. */
export interface ConsentGroup {
  title: string;
  /** The form field, sent once for every checked box. */
  field: string;
  options: readonly { value: string; label: string; required: boolean }[];
}

/** The checkboxes for these scopes, in the platform's words. */
export function scopeGroup(
  title: string,
  scopes: readonly string[],
  labels: Readonly<Record<string, string>>,
  required: boolean,
): ConsentGroup {
  return {
    title,
    field: "scope",
    options: scopes.map((scope) => ({ value: scope, label: labels[scope] ?? scope, required })),
  };
}

/**
 * The consent page: one form without scripts, posted to the page's own URL. The button pressed is the field `decision`,
 * `approve` or `refuse`; every checked box is a field of its group. Any HTTP client can post the same.
 */
export function consentPage(question: ConsentQuestion): PlatformAnswer {
  const { platform, person, groups } = question;
  return sandboxPage(
    `Continue to ${platform}`,
    `<h1>Connect ${escapeHtml(platform)}</h1>
<p>An app asks for access to your account. This is the sandbox: nothing leaves this machine.</p>
${personHtml(person)}
<form method="post">
${groups.map(groupHtml).join("\n")}
<button name="decision" value="approve" class="main">Continue as ${escapeHtml(person.username)}</button>
<button name="decision" value="refuse">Cancel</button>
</form>`,
  );
}

/** Who is asked, as the platforms show the signed-in person. */
export function personHtml({ username, name }: ConsentQuestion["person"]): string {
  const face = escapeHtml(username.slice(0, 1).toUpperCase());
  return `<div class="who"><span class="face" style="--hue:${hueOf(username)}">${face}</span>
<div><b>${escapeHtml(name)}</b><br><span class="dim">@${escapeHtml(username)}</span></div></div>`;
}

/** The submitted consent form. */
export function readDecision({ body }: Call): {
  isApproved: boolean;
  ticked: string[];
  fields: Readonly<Record<string, string | string[]>>;
} {
  const fields = body.kind === "fields" ? body.fields : {};
  return { isApproved: fields["decision"] === "approve", ticked: [fields["scope"] ?? []].flat(), fields };
}

/** Makes any app one whose review is not over. */
export const SCOPE_UNAPPROVED: FaultSwitch = {
  name: "scope-unapproved",
  operations: ["authorize"],
  about: "The app is not approved for the first scope that it requests.",
};

/** The first of these scopes that the app is not approved for. */
export function unapprovedScope(
  { behaviour }: Call,
  { approvedScopes }: App,
  scopes: readonly string[],
): string | undefined {
  if (behaviour?.name === SCOPE_UNAPPROVED.name) return scopes[0];
  return approvedScopes === null ? undefined : scopes.find((scope) => !approvedScopes.includes(scope));
}

/** The redirect back to the app, with these values; a missing state is left out. */
export function backToApp(
  redirectUri: string,
  values: Readonly<Record<string, string | null | undefined>>,
  suffix = "",
): PlatformAnswer {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== null && value !== undefined) query.set(name, value);
  return redirectAnswer(`${redirectUri}${redirectUri.includes("?") ? "&" : "?"}${query}${suffix}`);
}

/** The end of a sign-in that goes back to no app. */
export function consentNotePage(platform: string, message: string): PlatformAnswer {
  return sandboxPage(platform, `<h1>${escapeHtml(platform)}</h1><p>${escapeHtml(message)}</p>`);
}

/**
 * Shown instead of the consent page when the request itself is invalid. It never redirects; with a button, pressing it
 * posts to the page's own URL.
 */
export function consentErrorPage(platform: string, message: string, { button = false } = {}): PlatformAnswer {
  const form = button ? '<form method="post"><button name="decision" value="ok" class="main">OK</button></form>' : "";
  return sandboxPage(
    `${platform}: error`,
    `<h1>Sorry, something went wrong</h1><p>${escapeHtml(message)}</p>${form}`,
    400,
  );
}

function groupHtml({ title, field, options }: ConsentGroup): string {
  const boxes = options.map(({ value, label, required }) => {
    const ticked = ` checked${required ? " disabled" : ""}`;
    const box = `<input type="checkbox" name="${escapeHtml(field)}" value="${escapeHtml(value)}"${ticked}>`;
    const kept = required ? `<input type="hidden" name="${escapeHtml(field)}" value="${escapeHtml(value)}">` : "";
    return `<label>${box}${kept}<span>${escapeHtml(label)}<br><code>${escapeHtml(value)}</code></span></label>`;
  });
  return `<fieldset><legend>${escapeHtml(title)}</legend>${boxes.join("\n")}</fieldset>`;
}

/** A page that a platform shows to a person. */
export function sandboxPage(title: string, body: string, status = 200): PlatformAnswer {
  return htmlAnswer(documentHtml(title, body), status);
}

function documentHtml(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escapeHtml(title)}</title><link rel="icon" href="data:,"><style>${STYLE}</style></head><body><main>${body}</main></body></html>`;
}

const STYLE = `
:root{color-scheme:light dark;--bg:#f5f5f5;--card:#fff;--ink:#101010;--dim:#6b6b6b;--line:#e2e2e2;--main:#101010;
  --on:#fff}
@media(prefers-color-scheme:dark){:root{--bg:#0a0a0a;--card:#181818;--ink:#f3f3f3;--dim:#9a9a9a;--line:#2d2d2d;
  --main:#f3f3f3;--on:#101010}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:26rem;background:var(--card);border:1px solid var(--line);border-radius:20px;
  margin:clamp(0rem,6vh,4rem) auto;padding:2rem 1.5rem}
h1{font-size:1.35rem;margin:0 0 .5rem}
p{color:var(--dim);margin:0 0 1.25rem}
.dim,code{color:var(--dim)}
code{font-size:.8rem}
.who{display:flex;gap:.8rem;align-items:center;margin-bottom:1.25rem;line-height:1.3}
.face{width:48px;height:48px;border-radius:50%;display:grid;place-items:center;font-weight:600;color:#fff;
  background:linear-gradient(135deg,hsl(var(--hue) 65% 55%),hsl(calc(var(--hue) + 50) 65% 42%))}
fieldset{border:1px solid var(--line);border-radius:14px;margin:0 0 1.25rem;padding:.25rem 1rem}
legend{color:var(--dim);font-size:.85rem;padding:0 .4rem}
label{display:flex;gap:.7rem;align-items:flex-start;padding:.55rem 0;line-height:1.3}
input{margin-top:.2rem;accent-color:var(--main)}
button{display:block;width:100%;padding:.8rem;border-radius:12px;border:1px solid var(--line);background:none;
  color:inherit;font:inherit;font-weight:600;cursor:pointer;margin-top:.6rem}
button.main{background:var(--main);color:var(--on);border-color:var(--main)}
`;

/** Whether a redirect URI points to the user's own machine. */
export function isLoopback(redirectUri: string): boolean {
  return isLoopbackHost(new URL(redirectUri).hostname);
}
