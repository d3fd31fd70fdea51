import { LEAST_ROLES } from "../../contract/roles.ts";
import { mayAs } from "../../model/roles.ts";
import { start } from "../start.ts";

const [own] = start.workspaces;
const asked = new URLSearchParams(location.search).get("workspace");

/** The workspace that is open. Another one is another page load, so that nothing of one is shown in the other. */
export const workspace = start.workspaces.find(({ id }) => id === asked) ?? own;

/** What each address and request names; nothing for one's own. */
export const inWorkspace: { workspace?: string } = workspace === own ? {} : { workspace: workspace.id };

/** The address of a workspace's first view. */
export function addressOfWorkspace(id: string, mode: string): string {
  return `/posts?${new URLSearchParams({ mode, ...(id === own.id ? {} : { workspace: id }) })}`;
}

/** The query of an address that is opened by a page load. */
export function queryIn(mode: string, more: Record<string, string> = {}): string {
  return new URLSearchParams({ ...more, mode, ...inWorkspace }).toString();
}

/** Whether the person's role allows an operation, by its name in the API, such as "posts_publish". */
export function may(operation: keyof typeof LEAST_ROLES): boolean {
  const least = LEAST_ROLES[operation] ?? "owner";
  return least === "self" || mayAs(workspace.role, least);
}

/** Views that only some roles can open, by the operations that they are for: any will do. Also for the views below. */
const TAKE: Readonly<Record<string, string | readonly string[]>> = {
  "/compose": "posts_create",
  "/platforms/links": "connect_links_list",
  "/platforms/$id/apps": "oauth_apps_list",
  "/developers": ["keys_list", "webhooks_list", "requests_list", "sandbox_faults_get"],
  "/developers/keys": "keys_list",
  "/developers/webhooks": "webhooks_list",
  "/developers/requests": "requests_list",
  "/developers/sandbox": "sandbox_faults_get",
  "/developers/mcp": "keys_list",
  "/settings/notifications": "notifications_get",
  "/settings/plan": "usage_get",
  "/settings/audit-log": "audit_list",
};

/** Whether the person's role can open a view, by its path. */
export function mayOpen(view: string): boolean {
  return Object.entries(TAKE).every(
    ([path, operations]) => (view !== path && !view.startsWith(`${path}/`)) || [operations].flat().some(may),
  );
}

/** Whether what the person publishes waits until someone approves it. */
export const needsApproval = workspace.role === "writer";
