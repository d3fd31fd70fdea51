import { z } from "zod";

import { email, id, idParam, time } from "./fields.ts";
import { operation, plain } from "./operation.ts";

const invite = z.object({
  id,
  email: z.string().meta({ examples: ["colleague@example.com"] }),
  createdAt: time,
  expiresAt: time,
});
export type Invite = z.output<typeof invite>;

export const invitesList = operation({
  ...plain,
  name: "invites_list",
  method: "GET",
  path: "/api/invites",
  summary: "List invitations",
  description: "Invitations that are open, the newest first. For the owner of the instance.",
  auth: "session",
  answer: z.object({ invites: z.array(invite) }),
  errors: ["NOT_FOUND"],
});

export const invitesCreate = operation({
  ...plain,
  name: "invites_create",
  method: "POST",
  path: "/api/invites",
  summary: "Invite somebody",
  description:
    "Sends a letter with a link by which its reader makes an account, once, within 7 days. Inviting an address again sends a new letter, and the earlier link stops to work. For the owner of the instance.",
  auth: "session",
  body: z.strictObject({ email }),
  takes: "required",
  writes: true,
  answer: z.object({ invite }),
  status: 201,
  errors: ["NOT_FOUND"],
});

export const invitesDelete = operation({
  ...plain,
  name: "invites_delete",
  method: "DELETE",
  path: "/api/invites/:id",
  summary: "Withdraw an invitation",
  description: "Its link stops to work. For the owner of the instance.",
  auth: "session",
  params: idParam,
  writes: true,
  answer: z.object({ success: z.literal(true) }),
  errors: ["NOT_FOUND"],
});
