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
import { modeOf } from "./shell/mode.ts";
import { NotFound } from "./shell/not-found.tsx";
import { Shell } from "./shell/shell.tsx";
import { inWorkspace } from "./shell/workspace.ts";
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

/** Every view by its address; each is loaded when it is opened. */
const routes = [
  createRoute({
    getParentRoute: () => root,
    path: "/",
    component: lazyRouteComponent(() => import("./home/home.tsx"), "Home"),
    validateSearch: readConnected,
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/posts",
    component: lazyRouteComponent(() => import("./posts/post-list.tsx"), "PostList"),
    validateSearch: readPostFilter,
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/compose",
    component: lazyRouteComponent(() => import("./compose/compose.tsx"), "Compose"),
    validateSearch: readComposeSearch,
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/media",
    component: lazyRouteComponent(() => import("./media/media-library.tsx"), "MediaLibrary"),
    validateSearch: readMediaFilter,
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/settings/people",
    component: lazyRouteComponent(() => import("./people/people.tsx"), "People"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/posts/$id",
    component: lazyRouteComponent(() => import("./posts/post-page.tsx"), "PostPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/approvals",
    component: lazyRouteComponent(() => import("./approvals/approvals.tsx"), "Approvals"),
    validateSearch: readApprovalView,
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/posts/$id/approve",
    component: lazyRouteComponent(() => import("./approvals/approve-post.tsx"), "ApprovePost"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/platforms",
    component: lazyRouteComponent(() => import("./platforms/platforms.tsx"), "Platforms"),
    validateSearch: readConnected,
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/platforms/links",
    component: lazyRouteComponent(() => import("./platforms/connect-links.tsx"), "ConnectLinks"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/platforms/$id/apps",
    component: lazyRouteComponent(() => import("./platforms/own-apps.tsx"), "OwnApps"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/calendar",
    component: lazyRouteComponent(() => import("./calendar/calendar.tsx"), "Calendar"),
    validateSearch: readCalendarSearch,
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/developers",
    component: lazyRouteComponent(() => import("./developers/developers.tsx"), "FirstView"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/developers/keys",
    component: lazyRouteComponent(() => import("./developers/keys.tsx"), "Keys"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/developers/webhooks",
    component: lazyRouteComponent(() => import("./developers/webhooks.tsx"), "Webhooks"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/developers/webhooks/$id",
    component: lazyRouteComponent(() => import("./developers/webhook-page.tsx"), "WebhookPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/developers/requests",
    component: lazyRouteComponent(() => import("./developers/requests.tsx"), "Requests"),
    validateSearch: readRequestFilter,
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/developers/requests/$id",
    component: lazyRouteComponent(() => import("./developers/request-page.tsx"), "RequestPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/developers/sandbox",
    component: lazyRouteComponent(() => import("./developers/sandbox.tsx"), "Sandbox"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/developers/mcp",
    component: lazyRouteComponent(() => import("./developers/mcp.tsx"), "Mcp"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/settings",
    component: lazyRouteComponent(() => import("./settings/settings.tsx"), "FirstSection"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/settings/profile",
    component: lazyRouteComponent(() => import("./settings/profile.tsx"), "Profile"),
    validateSearch: readNotice,
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/settings/security",
    component: lazyRouteComponent(() => import("./settings/security.tsx"), "Security"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/settings/notifications",
    component: lazyRouteComponent(() => import("./settings/notifications.tsx"), "Notifications"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/settings/plan",
    component: lazyRouteComponent(() => import("./settings/plan.tsx"), "Plan"),
    validateSearch: readNotice,
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/settings/data",
    component: lazyRouteComponent(() => import("./settings/data.tsx"), "Data"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/settings/audit-log",
    component: lazyRouteComponent(() => import("./settings/audit-log.tsx"), "AuditLog"),
    validateSearch: readAuditFilter,
  }),
];

export const router = createRouter({
  routeTree: root.addChildren(routes),
  defaultPreload: "intent",
  defaultPendingComponent: Loading,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
