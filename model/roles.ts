/** What a person may do in a workspace. Each role may also do what those before it may. */
export const ROLES = ["viewer", "writer", "publisher", "owner"] as const;
export type Role = (typeof ROLES)[number];

/** The roles that a person can be invited with: a workspace has one owner, whose data it is. */
export const MEMBER_ROLES = ["viewer", "writer", "publisher"] as const;
export type MemberRole = (typeof MEMBER_ROLES)[number];

/** Whether a role may do what takes at least the other. */
export function mayAs(role: Role, least: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(least);
}
