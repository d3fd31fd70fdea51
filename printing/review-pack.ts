import type { PlatformName } from "../model/platform-names.ts";
import { catalog } from "../platforms/catalog.ts";
import { platforms } from "../platforms/index.ts";
import { askedScopes, requiredScopes } from "../platforms/kit/scopes.ts";
import { type PortalAddresses, portalAddresses } from "../platforms/portal-addresses.ts";
import { code, table } from "./markdown.ts";
import { readSections } from "./platform-sections.ts";
import { placesOf } from "./scopes-table.ts";

/** What a platform's developer portal and its reviewers ask for. */
export interface ReviewPack {
  platform: PlatformName;
  label: string;
  addresses: PortalAddresses;
  /** Of each sign-in, by the environment prefix of the app that it goes through. */
  permissions: Record<string, Permission[]>;
  /** What this instance can tell by itself, then the steps of the guide. */
  checklist: ChecklistItem[];
}

interface Permission {
  name: string;
  why: string;
  usedBy: string[];
  isRequired: boolean;
  /** Whether this instance's app asks for it. */
  isAsked: boolean;
}

export interface ChecklistItem {
  /** Null: only a person can tell. */
  isDone: boolean | null;
  text: string;
}

/** What is known of an instance. `scopes` are those chosen for the app, by environment prefix; null: the default. */
export interface InstanceFacts {
  appUrl: string;
  mediaUrl: string;
  redirectUri?: string | undefined;
  scopes: Readonly<Record<string, readonly string[] | null>>;
  checks: readonly ChecklistItem[];
}

export async function reviewPack(platform: PlatformName, instance: InstanceFacts): Promise<ReviewPack> {
  const { capabilities, scopes } = catalog[platform];
  return {
    platform,
    label: capabilities.label,
    addresses: portalAddresses(platform, instance.appUrl, instance.redirectUri),
    permissions: Object.fromEntries(
      Object.entries(scopes).map(([prefix, all]) => {
        const [required, asked] = [requiredScopes(all), askedScopes(all, instance.scopes[prefix] ?? null)];
        const permissions = all.map((scope) => ({
          name: scope.name,
          why: scope.why,
          usedBy: placesOf(scope),
          isRequired: required.includes(scope.name),
          isAsked: asked.includes(scope.name),
        }));
        return [prefix, permissions];
      }),
    ),
    checklist: [...instance.checks, ...(await stepsOf(platform, instance))],
  };
}

/** The pack as Markdown, to be pasted into forms. */
export function reviewPackLines({ label, addresses, permissions, checklist, platform }: ReviewPack): string[] {
  const named: [string, string | null][] = [
    ["Redirect URI", addresses.redirectUri],
    ["Deauthorize callback", addresses.deauthorize],
    ["Data deletion callback", addresses.dataDeletion],
    ["Privacy policy", addresses.privacyPolicy],
    ["Terms of service", addresses.terms],
  ];
  const own = platforms[platform].oauth?.environmentPrefix;
  return [
    `# Review pack: ${label}`,
    "",
    "## Addresses",
    "",
    ...table(
      ["Field", "Value"],
      named.flatMap(([name, value]) => (value === null ? [] : [[name, code(value)]])),
    ),
    "",
    ...Object.entries(permissions).flatMap(([prefix, all]) => [
      `## Permissions${prefix === own ? "" : ` with the app in ${prefix}_CLIENT_ID`}`,
      "",
      ...all.flatMap(({ name, why, usedBy, isRequired, isAsked }) => [
        `### ${code(name)}`,
        "",
        why,
        "",
        `- Used by: ${usedBy.join("; ")}`,
        `- ${isRequired ? "Required for publishing" : "Not required for publishing"}; ` +
          (isAsked ? "asked for by this instance." : "not asked for by this instance."),
        "",
      ]),
    ]),
    "## Checklist",
    "",
    ...checklist.map(({ isDone, text }) => `- [${isDone === true ? "x" : " "}] ${text}`),
  ];
}

/** The numbered steps of the platform's guide, with this instance's URLs. */
async function stepsOf(platform: PlatformName, { appUrl, mediaUrl }: InstanceFacts): Promise<ChecklistItem[]> {
  const guide = (await readSections(platform)).get("Going live") ?? "";
  const steps = guide.split(/^\d+\. /m).slice(1);
  return steps.map((step) => ({
    isDone: null,
    text: step
      .replaceAll(/\s+/g, " ")
      .trim()
      .replaceAll("](/docs/", `](${appUrl}/docs/`)
      .replaceAll(/\bAMPOST_APP_URL(?=\/)/g, appUrl)
      .replaceAll(/`AMPOST_APP_URL`/g, code(appUrl))
      .replaceAll(/`AMPOST_MEDIA_URL`/g, code(mediaUrl)),
  }));
}
