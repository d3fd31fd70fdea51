import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  retainSearchParams,
  type SearchSchemaInput,
} from "@tanstack/react-router";

import type { Mode } from "../model/platform-names.ts";
import { readApprovalView } from "./approvals/approval-view.ts";
import { readCalendarSearch } from "./calendar/calendar-search.ts";
import { readComposeSearch } from "./compose/compose-search.ts";
import { readRequestFilter } from "./developers/request-filter.ts";
import { readMediaFilter } from "./media/media-filter.ts";
import { readPostFilter } from "./posts/post-filter.ts";
import { readAuditFilter } from "./settings/audit-filter.ts";
import { Broken } from "./shell/broken.tsx";
import { modeOf } from "./shell/mode.ts";
import { NotFound } from "./shell/not-found.tsx";
import { Shell } from "./shell/shell.tsx";
import { inWorkspace } from "./shell/workspace.ts";
import { loadPart } from "./ui/later.ts";
import { Loading } from "./ui/surfaces.tsx";

const root = createRootRoute({
  component: Shell,
  notFoundComponent: NotFound,
  validateSearch: (
    search: { mode?: Mode; workspace?: string } & SearchSchemaInput,
  ): {
    mode: Mode;
    workspace?: string;
  } => ({ mode: modeOf(search), ...inWorkspace }),
  search: { middlewares: [retainSearchParams(["mode", "workspace"])] },
});

/** What a link in an email, or a page that leads back, says has been done. */
const readNotice = ({ notice }: { notice?: unknown } & SearchSchemaInput) => ({
  notice: typeof notice === "string" ? notice : undefined,
});

/** After connecting, the server leads back with the ID of the account. */
const readConnected = ({ connected }: { connected?: string | undefined } & SearchSchemaInput) => ({
  connected: connected === undefined ? undefined : String(connected),
});

const view: typeof lazyRouteComponent = (load, name) => lazyRouteComponent(() => loadPart(load), name);

/** Every view by its address; each is loaded when it is opened. */
const routes = [
  createRoute({
    getParentRoute: () => root,
    path: "/",
    component: view(() => import("./home/home.tsx"), "Home"),
    validateSearch: readConnected,
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/posts",
    component: view(() => import("./posts/post-list.tsx"), "PostList"),
    validateSearch: readPostFilter,
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/compose",
    component: view(() => import("./compose/compose.tsx"), "Compose"),
    validateSearch: readComposeSearch,
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/media",
    component: view(() => import("./media/media-library.tsx"), "MediaLibrary"),
    validateSearch: readMediaFilter,
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/settings/people",
    component: view(() => import("./people/people.tsx"), "People"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/posts/$id",
    component: view(() => import("./posts/post-page.tsx"), "PostPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/approvals",
    component: view(() => import("./approvals/approvals.tsx"), "Approvals"),
    validateSearch: readApprovalView,
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/posts/$id/approve",
    component: view(() => import("./approvals/approve-post.tsx"), "ApprovePost"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/platforms",
    component: view(() => import("./platforms/platforms.tsx"), "Platforms"),
    validateSearch: readConnected,
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/platforms/links",
    component: view(() => import("./platforms/connect-links.tsx"), "ConnectLinks"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/platforms/$id/apps",
    component: view(() => import("./platforms/own-apps.tsx"), "OwnApps"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/calendar",
    component: view(() => import("./calendar/calendar.tsx"), "Calendar"),
    validateSearch: readCalendarSearch,
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/developers",
    component: view(() => import("./developers/developers.tsx"), "FirstView"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/developers/keys",
    component: view(() => import("./developers/keys.tsx"), "Keys"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/developers/webhooks",
    component: view(() => import("./developers/webhooks.tsx"), "Webhooks"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/developers/webhooks/$id",
    component: view(() => import("./developers/webhook-page.tsx"), "WebhookPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/developers/requests",
    component: view(() => import("./developers/requests.tsx"), "Requests"),
    validateSearch: readRequestFilter,
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/developers/requests/$id",
    component: view(() => import("./developers/request-page.tsx"), "RequestPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/developers/sandbox",
    component: view(() => import("./developers/sandbox.tsx"), "Sandbox"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/developers/mcp",
    component: view(() => import("./developers/mcp.tsx"), "Mcp"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/settings",
    component: view(() => import("./settings/settings.tsx"), "FirstSection"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/settings/profile",
    component: view(() => import("./settings/profile.tsx"), "Profile"),
    validateSearch: readNotice,
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/settings/security",
    component: view(() => import("./settings/security.tsx"), "Security"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/settings/notifications",
    component: view(() => import("./settings/notifications.tsx"), "Notifications"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/settings/plan",
    component: view(() => import("./settings/plan.tsx"), "Plan"),
    validateSearch: readNotice,
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/settings/data",
    component: view(() => import("./settings/data.tsx"), "Data"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/settings/audit-log",
    component: view(() => import("./settings/audit-log.tsx"), "AuditLog"),
    validateSearch: readAuditFilter,
  }),
];

export const router = createRouter({
  routeTree: root.addChildren(routes),
  defaultPreload: "intent",
  defaultPendingComponent: Loading,
  defaultErrorComponent: Broken,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
