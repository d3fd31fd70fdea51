import { createReadStream } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";

import type { FastifyInstance, FastifyReply } from "fastify";

import { PLATFORM_NAMES } from "../../../model/platform-names.ts";
import { catalog } from "../../../platforms/catalog.ts";
import { refuseRequest } from "../../calls/refusals.ts";
import { VERSION } from "../../calls/version.ts";
import type { Services } from "../../domain/services.ts";
import { timeZoneOf } from "../../domain/users/me.ts";
import { listWorkspaces } from "../../domain/workspaces/workspaces.ts";
import { ICON_SVG } from "../icon.ts";
import { sendOn } from "../pages/frame.ts";
import { type Person, requirePerson } from "../pages/person.ts";
import { queryOf, readMode } from "../pages/query.ts";

const DIST = join(import.meta.dirname, "../../../dashboard/dist");
const ASSETS = join(DIST, "assets");

/** The addresses of the app's views: all get the same page, and the browser shows the view. */
export const VIEWS = [
  "/posts",
  "/posts/:id",
  "/posts/:id/approve",
  "/compose",
  "/calendar",
  "/media",
  "/approvals",
  "/platforms",
  "/platforms/links",
  "/platforms/:id/apps",
  "/developers",
  "/developers/keys",
  "/developers/webhooks",
  "/developers/webhooks/:id",
  "/developers/requests",
  "/developers/requests/:id",
  "/developers/sandbox",
  "/developers/mcp",
  "/settings",
  "/settings/profile",
  "/settings/security",
  "/settings/people",
  "/settings/notifications",
  "/settings/plan",
  "/settings/data",
  "/settings/audit-log",
] as const;

/** Where views were before, with the parameters that they had in the path and in the query. */
const MOVED: Readonly<Record<string, (named: Readonly<Record<string, string | undefined>>) => string>> = {
  "/keys": () => "/developers/keys",
  "/connections": () => "/platforms",
  "/connections/apps": ({ set }) => (set === undefined ? "/platforms" : `/platforms/${encodeURIComponent(set)}/apps`),
  "/drafts": () => "/approvals?view=drafts",
  "/drafts/:id": ({ id = "" }) => `/posts/${encodeURIComponent(id)}/approve`,
  "/settings/billing": () => "/settings/plan",
  "/settings/log": () => "/settings/audit-log",
};

const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
};

/** The icon for systems that show no SVG, in `dashboard/public`. One that is maskable has nothing near its edges. */
const PICTURES: Readonly<Record<string, { size: number; purpose: "any" | "maskable" }>> = {
  "apple-touch-icon.png": { size: 180, purpose: "any" },
  "icon-192.png": { size: 192, purpose: "any" },
  "icon-512.png": { size: 512, purpose: "any" },
  "icon-maskable-512.png": { size: 512, purpose: "maskable" },
};

/** Of the dashboard's page on a light screen. */
const PAGE_COLOR = "#f7f7f8";

/** Serves the dashboard, which the API's own operations do everything for. */
export function addDashboard(scope: FastifyInstance, services: Services): void {
  for (const url of VIEWS)
    scope.get(url, async (request, reply) => sendApp(services, reply, await requirePerson(services, request)));
  scope.get(
    "/app/icon.svg",
    async (_request, reply) =>
      await reply
        .type("image/svg+xml")
        .headers({
          "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
          "x-content-type-options": "nosniff",
        })
        .send(ICON_SVG),
  );
  // What the app is called and looks like where it is installed.
  scope.get("/app/manifest.webmanifest", async (_request, reply) => {
    const name = services.settings.brand.name ?? "Ampost";
    const manifest = {
      name,
      short_name: name,
      start_url: "/",
      scope: "/",
      display: "standalone",
      theme_color: PAGE_COLOR,
      background_color: PAGE_COLOR,
      icons: [
        { src: "/app/icon.svg", type: "image/svg+xml", sizes: "any", purpose: "any" },
        ...Object.entries(PICTURES).map(([file, { size, purpose }]) => ({
          src: `/app/${file}`,
          type: "image/png",
          sizes: `${size}x${size}`,
          purpose,
        })),
      ],
    };
    return await reply.type("application/manifest+json").send(JSON.stringify(manifest));
  });
  for (const file of Object.keys(PICTURES))
    scope.get(`/app/${file}`, { config: { admission: "open" } }, async (_request, reply) => {
      const picture = await readBuild(() => readFile(join(DIST, file)));
      return await reply
        .type("image/png")
        .headers({ "cache-control": "public, max-age=86400", "x-content-type-options": "nosniff" })
        .send(picture);
    });
  for (const [url, to] of Object.entries(MOVED))
    scope.get(url, async (request, reply) => {
      const { mode, ...query } = queryOf(request);
      const path = to({ ...query, ...Object(request.params) });
      const given = mode === undefined ? "" : `${path.includes("?") ? "&" : "?"}mode=${readMode(mode)}`;
      return await sendOn(reply, path + given);
    });
  scope.get<{ Params: { name: string } }>(
    "/app/assets/:name",
    { config: { admission: "open" } },
    async ({ params: { name } }, reply) => {
      const type = TYPES[extname(name)];
      if (type === undefined || !(await readBuild(() => readdir(ASSETS))).includes(name)) throw nowhere();
      return await reply
        .type(type)
        .headers({ "cache-control": "public, max-age=31536000, immutable", "x-content-type-options": "nosniff" })
        .send(createReadStream(join(ASSETS, name)));
    },
  );
}

/** Sends the page in which the app runs. It knows who is signed in, so that nothing has to be asked first. */
export async function sendApp(services: Services, reply: FastifyReply, person: Person): Promise<FastifyReply> {
  const { settings } = services;
  const { id, email, name, isOwner, brand } = person;
  const { workspaces } = (await listWorkspaces(services, { userId: id })).body;
  const asked = new URL(reply.request.url, settings.appUrl).searchParams.get("workspace");
  if (asked !== null && !workspaces.some((each) => each.id === asked)) return await reply.redirect("/", 302);
  const page = await readBuild(() => readFile(join(DIST, "index.html"), "utf8"));
  const { timeZone, isDefault: hasDefaultTimeZone } = await timeZoneOf(services, person);
  const start = {
    user: { id, email, name, timeZone, isOwner },
    hasDefaultTimeZone,
    workspaces,
    brand,
    hasMailServer: settings.hasMailServer,
    platforms: PLATFORM_NAMES.map((platform) => {
      const { label, sharing } = catalog[platform].capabilities;
      return { name: platform, label, sharing };
    }),
    docsUrl: "/docs",
    apiUrl: settings.apiUrl,
    version: VERSION,
  };
  // In a script that is data, only this ends it.
  const data = JSON.stringify(start).replaceAll("<", "\\u003c");
  return await reply
    .headers(headersOf(settings))
    .type("text/html; charset=utf-8")
    .send(page.replace(EMPTY, () => data));
}

const EMPTY = "{}";

/** Scripts and styles are files of ours, and so is the sandbox's page in a frame. Media are in the storage, avatars where the platforms have them. */
function headersOf({ mediaUrl, sandboxUrl }: Services["settings"]): Record<string, string> {
  const shown = `'self' blob: https: ${new URL(mediaUrl).origin} ${new URL(sandboxUrl).origin}`;
  return {
    "content-security-policy":
      `default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data: ${shown}; ` +
      `media-src ${shown}; frame-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
    "cache-control": "no-store",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
  };
}

/** Read at each request, so that a new build needs no restart. */
async function readBuild<Result>(read: () => Promise<Result>): Promise<Result> {
  return await read().catch((error: unknown) => {
    throw new Error("The dashboard has not been built: run `npm run dashboard`", { cause: error });
  });
}

function nowhere() {
  return refuseRequest(
    "request.route",
    "Page not found",
    "Check the method and path in the documentation.",
    "NOT_FOUND",
  );
}
