import type { PlatformName } from "../../model/platform-names.ts";
import {
  backToApp,
  consentErrorPage,
  consentPage,
  readDecision,
  unapprovedScope,
  type ConsentGroup,
} from "../authorize.ts";
import { randomSecret, type App, type Person } from "../identity.ts";
import type { Call, PlatformAnswer, SandboxRoute } from "../platform.ts";
import type { World } from "../world.ts";
import { settingsOf } from "./apps.ts";

/**
 * One of Meta's login dialogs: its questions and its redirect. `response_type` is optional: without it, the app gets a
 * code. Source: Facebook Login docs, manual flow, 2026; the other two as clients in production use them.
 */
export interface Dialog {
  platform: PlatformName;
  label: string;
  /** Every scope, with its description on the consent page. */
  scopes: Readonly<Record<string, string>>;
  /** Its box cannot be unchecked. */
  needed: string;
  /** Whether a request without `needed` is invalid. */
  demandsNeeded: boolean;
  /**
   * Requested if the app sends a `config_id` instead of scopes and has no configurations of its own; null if the
   * dialog has none.
   */
  configured: readonly string[] | null;
  /**
   * The error page if scopes are requested that the app does not have. With values, its button sends the person back
   * to the app with them; without, the person stays there.
   */
  invalidScopes(scopes: string): { message: string; values: Record<string, string> | null };
  /** Boxes besides the scopes, such as the Pages. */
  groups(call: Call, person: Person): ConsentGroup[];
  personOf(world: World, hint: string | undefined): Person;
  /** The error values of a denial. */
  refusal: string;
  /** Appended to the redirect URL, after all values. */
  suffix: string;
  /** Called with the new grant and the form's fields. */
  granted?(
    call: Call,
    grant: { grantId: number; person: Person },
    fields: Readonly<Record<string, string | string[]>>,
  ): void;
}

/** The dialog at an address: showing it, and pressing one of its buttons. */
export function dialogRoutes(dialog: Dialog, host: string, path: string): SandboxRoute[] {
  const route = { host, path, operation: "authorize" } as const;
  return [
    { ...route, method: "GET", run: (call) => askConsent(dialog, call) },
    { ...route, method: "POST", run: (call) => takeConsent(dialog, call) },
  ];
}

/** Why there is no question. */
interface Invalid {
  message: string;
  /** The redirect of the error page's button; null if it has none. */
  back: PlatformAnswer | null;
}

interface Asked {
  clientId: string;
  redirectUri: string;
  state: string | undefined;
  scopes: string[];
  person: Person;
}

function askConsent(dialog: Dialog, call: Call): PlatformAnswer {
  const asked = readAsked(dialog, call);
  if ("message" in asked) return consentErrorPage(dialog.label, asked.message, { button: asked.back !== null });
  const options = asked.scopes.map((scope) => ({
    value: scope,
    label: dialog.scopes[scope] ?? scope,
    required: scope === dialog.needed,
  }));
  const groups = [...dialog.groups(call, asked.person), { title: "The app may", field: "scope", options }];
  return consentPage({ platform: dialog.label, person: asked.person, groups });
}

function takeConsent(dialog: Dialog, call: Call): PlatformAnswer {
  const asked = readAsked(dialog, call);
  if ("message" in asked) return asked.back ?? consentErrorPage(dialog.label, asked.message);
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
  dialog.granted?.(call, { grantId, person: asked.person }, fields);
  return back(dialog, asked, { code });
}

/** As when the person presses the deny button. */
export function refuseConsent(dialog: Dialog, call: Call): PlatformAnswer {
  const asked = readAsked(dialog, call);
  if ("message" in asked) return asked.back ?? consentErrorPage(dialog.label, asked.message);
  return back(dialog, asked, {
    error: "access_denied",
    error_reason: "user_denied",
    error_description: dialog.refusal,
  });
}

function readAsked(dialog: Dialog, call: Call): Asked | Invalid {
  const { query, world } = call;
  const stay = (message: string): Invalid => ({ message, back: null });
  const redirectUri = query.get("redirect_uri") ?? "";
  const app = world.identity.app(dialog.platform, query.get("client_id") ?? "");
  if (!app) return stay("Invalid platform app: there is no app with this client_id.");
  if (!app.redirectUris.includes(redirectUri))
    return stay("Invalid redirect_uri: it is not among the app's redirect URIs.");
  if ((query.get("response_type") ?? "code") !== "code") return stay("Invalid response_type: it has to be code.");
  const requested = requestedScopes(dialog, app, query);
  if (!requested) return stay("Invalid config_id: the app has no such configuration.");
  if (dialog.demandsNeeded && !requested.includes(dialog.needed))
    return stay(`Invalid Scopes: ${dialog.needed} is missing.`);
  const state = query.get("state") ?? undefined;
  const { advancedScopes } = settingsOf(app);
  const unapproved = unapprovedScope(call, app, requested);
  const unavailable = requested.filter(
    (scope) =>
      !Object.hasOwn(dialog.scopes, scope) || scope === unapproved || app.approvedScopes?.includes(scope) === false,
  );
  if (unavailable.length > 0) {
    const { message, values } = dialog.invalidScopes(unavailable.join(", "));
    return { message, back: values && backToApp(redirectUri, { ...values, state }, dialog.suffix) };
  }
  const hint = query.get("login_hint") ?? undefined;
  const available =
    hint?.includes("tester") === true
      ? requested
      : requested.filter((scope) => scope === dialog.needed || advancedScopes?.includes(scope) !== false);
  return { clientId: app.clientId, redirectUri, scopes: available, person: dialog.personOf(world, hint), state };
}

/** Undefined if the app has no such configuration. */
function requestedScopes(dialog: Dialog, app: App, query: URLSearchParams): string[] | undefined {
  const configuration = query.get("config_id");
  if (configuration === null || query.has("scope") || !dialog.configured)
    return [...new Set((query.get("scope") ?? "").split(/[\s,]+/).filter(Boolean))];
  const { configurations } = settingsOf(app);
  if (!configurations) return [...dialog.configured];
  return Object.hasOwn(configurations, configuration) ? configurations[configuration] : undefined;
}

function back(dialog: Dialog, asked: Asked, values: Record<string, string>): PlatformAnswer {
  return backToApp(asked.redirectUri, { ...values, state: asked.state }, dialog.suffix);
}
