import type { PlatformName } from "../../model/platform-names.ts";
import { backToApp, consentErrorPage, consentPage, readDecision, type ConsentGroup } from "../authorize.ts";
import { randomSecret, type Person } from "../identity.ts";
import type { Call, PlatformAnswer } from "../platform.ts";
import type { World } from "../world.ts";

/** One of Meta's login dialogs: its questions and its redirect. */
export interface Dialog {
  platform: PlatformName;
  label: string;
  /** Every scope, with its description on the consent page. */
  scopes: Readonly<Record<string, string>>;
  /** Required for an account; its box cannot be unchecked. */
  needed: string;
  /** Requested if the app sends a `config_id` instead of scopes; null if there are no such apps. */
  configured: readonly string[] | null;
  /** Boxes besides the scopes, such as the Pages. */
  groups(call: Call, person: Person): ConsentGroup[];
  personOf(world: World, hint: string | undefined): Person;
  /** The error values of a denial. */
  refusal: string;
  /** Appended to the redirect URL, after all values. */
  suffix: string;
  /** Called with the new grant and the form's fields. */
  granted(
    call: Call,
    grant: { grantId: number; person: Person },
    fields: Readonly<Record<string, string | string[]>>,
  ): void;
}

interface Asked {
  clientId: string;
  redirectUri: string;
  state: string | undefined;
  scopes: string[];
  person: Person;
}

export function askConsent(dialog: Dialog, call: Call): PlatformAnswer {
  const asked = readAsked(dialog, call);
  if (typeof asked === "string") return consentErrorPage(dialog.label, asked);
  const options = asked.scopes.map((scope) => ({
    value: scope,
    label: dialog.scopes[scope] ?? scope,
    required: scope === dialog.needed,
  }));
  const groups = [...dialog.groups(call, asked.person), { title: "The app may", field: "scope", options }];
  return consentPage({ platform: dialog.label, person: asked.person, groups });
}

export function takeConsent(dialog: Dialog, call: Call): PlatformAnswer {
  const asked = readAsked(dialog, call);
  if (typeof asked === "string") return consentErrorPage(dialog.label, asked);
  const { isApproved, ticked, fields } = readDecision(call);
  if (!isApproved) return refuseConsent(dialog, call);
  const { world, now } = call;
  const scopes = asked.scopes.filter((scope) => scope === dialog.needed || ticked.includes(scope));
  const grantId = world.identity.addGrant({
    platform: dialog.platform,
    clientId: asked.clientId,
    personId: asked.person.id,
    scopes,
    at: now,
  });
  const code = randomSecret("AQ", 96);
  world.identity.addCode({
    platform: dialog.platform,
    code,
    grantId,
    redirectUri: asked.redirectUri,
    issuedAt: now,
    facts: { dialog: dialog.label },
  });
  dialog.granted(call, { grantId, person: asked.person }, fields);
  return back(dialog, asked, { code });
}

/** As when the person presses the deny button. */
export function refuseConsent(dialog: Dialog, call: Call): PlatformAnswer {
  const asked = readAsked(dialog, call);
  if (typeof asked === "string") return consentErrorPage(dialog.label, asked);
  return back(dialog, asked, {
    error: "access_denied",
    error_reason: "user_denied",
    error_description: dialog.refusal,
  });
}

/** The parsed request, or a sentence that says what is wrong with it. */
function readAsked(dialog: Dialog, call: Call): Asked | string {
  const { query, world } = call;
  const clientId = query.get("client_id") ?? "";
  const redirectUri = query.get("redirect_uri") ?? "";
  const app = world.identity.app(dialog.platform, clientId);
  if (!app) return "Invalid platform app: there is no app with this client_id.";
  if (!app.redirectUris.includes(redirectUri)) return "Invalid redirect_uri: it is not among the app's redirect URIs.";
  if (query.get("response_type") !== "code") return "Invalid response_type: it has to be code.";
  const configured = query.has("config_id") && !query.has("scope") ? dialog.configured : null;
  const scopes = configured
    ? [...configured]
    : [...new Set((query.get("scope") ?? "").split(/[\s,]+/).filter(Boolean))];
  const unknown = scopes.filter((scope) => !Object.hasOwn(dialog.scopes, scope));
  if (unknown.length > 0) return `Invalid Scopes: ${unknown.join(", ")}.`;
  if (!scopes.includes(dialog.needed)) return `Invalid Scopes: ${dialog.needed} is missing.`;
  const person = dialog.personOf(world, query.get("login_hint") ?? undefined);
  return { clientId, redirectUri, scopes, person, state: query.get("state") ?? undefined };
}

function back(dialog: Dialog, asked: Asked, values: Record<string, string>): PlatformAnswer {
  return backToApp(asked.redirectUri, { ...values, state: asked.state }, dialog.suffix);
}
