import { z } from "zod";

import { MEMBER_ROLES, ROLES } from "../../model/roles.ts";
import { email, id, idParam, time, userId } from "../fields.ts";
import { operation, plain } from "../operation.ts";

const memberRole = z
  .enum(MEMBER_ROLES)
  .describe("What the person can do: a `viewer` reads, a `writer`'s posts wait for approval, a `publisher` publishes.")
  .meta({ examples: ["writer"] });

const shownEmail = z.string().meta({ examples: ["colleague@example.com"] });
const success = z.object({ success: z.literal(true) });

const workspace = z.object({
  id: userId.describe("ID of its owner. Sessions pass it as `?workspace=`."),
  name: z
    .string()
    .describe("Its owner's name, or email address.")
    .meta({ examples: ["Ada"] }),
  role: z
    .enum(ROLES)
    .describe("The user's role in it.")
    .meta({ examples: ["owner"] }),
});
export type Workspace = z.output<typeof workspace>;

export const workspacesList = operation({
  ...plain,
  name: "workspaces_list",
  method: "GET",
  path: "/api/workspaces",
  summary: "List workspaces",
  description:
    "Returns the user's own workspace, and then those that the user has joined, by name. " +
    "A session works in one of them: `?workspace=` names it, and the user's own is the default.",
  auth: "session",
  answer: z.object({ workspaces: z.array(workspace) }),
});

export const workspacesLeave = operation({
  ...plain,
  name: "workspaces_leave",
  method: "DELETE",
  path: "/api/workspaces/:id",
  summary: "Leave a workspace",
  description: "Ends the user's membership in another user's workspace. What the user has written there stays.",
  auth: "session",
  params: z.strictObject({
    id: z
      .string()
      .regex(/^[\w-]{1,100}$/, { error: "must be the ID of a workspace" })
      .describe("ID of the workspace.")
      .meta(userId.meta() ?? {}),
  }),
  writes: true,
  answer: success,
  errors: ["NOT_FOUND"],
});

const member = z.object({
  id,
  userId: userId.describe("ID of the user."),
  email: shownEmail,
  name: z.string().meta({ examples: ["Grace"] }),
  role: memberRole,
  createdAt: time.describe("When the user joined."),
});
export type Member = z.output<typeof member>;

export const membersList = operation({
  ...plain,
  name: "members_list",
  method: "GET",
  path: "/api/members",
  summary: "List members",
  description: "Returns the people who have joined the workspace, newest first. Its owner is not among them.",
  auth: "session",
  answer: z.object({ members: z.array(member) }),
});

export const membersUpdate = operation({
  ...plain,
  name: "members_update",
  method: "PATCH",
  path: "/api/members/:id",
  summary: "Change a member's role",
  description: "Changes what a member can do, from the next request.",
  auth: "session",
  params: idParam,
  body: z.strictObject({ role: memberRole }),
  takes: "required",
  writes: true,
  answer: z.object({ member }),
  errors: ["NOT_FOUND"],
});

export const membersRemove = operation({
  ...plain,
  name: "members_remove",
  method: "DELETE",
  path: "/api/members/:id",
  summary: "Remove a member",
  description: "Removes a person from the workspace, from the next request. What they have written stays.",
  auth: "session",
  params: idParam,
  writes: true,
  answer: success,
  errors: ["NOT_FOUND"],
});

const memberInvite = z.object({
  id,
  email: shownEmail,
  role: memberRole,
  createdAt: time,
  expiresAt: time,
});
export type MemberInvite = z.output<typeof memberInvite>;

export const memberInvitesList = operation({
  ...plain,
  name: "member_invites_list",
  method: "GET",
  path: "/api/member-invites",
  summary: "List invitations to the workspace",
  description: "Returns open invitations to the workspace, newest first.",
  auth: "session",
  answer: z.object({ invites: z.array(memberInvite) }),
});

export const memberInvitesCreate = operation({
  ...plain,
  name: "member_invites_create",
  method: "POST",
  path: "/api/member-invites",
  summary: "Invite a person to the workspace",
  description:
    "Sends an email with a link to join the workspace. A person without an account creates one with it, " +
    "even if sign-up is closed. The link works once, for 7 days, for this email address. " +
    "Inviting the same address again replaces the earlier invitation. Without a mail server, the response has the link.",
  auth: "session",
  body: z.strictObject({ email, role: memberRole }),
  takes: "required",
  writes: true,
  answer: z.object({
    invite: memberInvite,
    link: z
      .url()
      .nullable()
      .meta({
        description:
          "The invitation's link, to pass on yourself: only on an instance without a mail server. Else null.",
        examples: [null],
      }),
  }),
  status: 201,
});

export const memberInvitesDelete = operation({
  ...plain,
  name: "member_invites_delete",
  method: "DELETE",
  path: "/api/member-invites/:id",
  summary: "Revoke an invitation to the workspace",
  description: "Revokes an invitation: its link stops working.",
  auth: "session",
  params: idParam,
  writes: true,
  answer: success,
  errors: ["NOT_FOUND"],
});
