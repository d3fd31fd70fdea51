import { z } from "zod";

import { email, id, idParam, time } from "../fields.ts";
import { operation, plain } from "../operation.ts";

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
  description: "Returns open invitations, newest first. Only for the owner of the instance.",
  auth: "session",
  answer: z.object({ invites: z.array(invite) }),
  errors: ["NOT_FOUND"],
});

export const invitesCreate = operation({
  ...plain,
  name: "invites_create",
  method: "POST",
  path: "/api/invites",
  summary: "Create an invitation",
  description:
    "Sends an email with a link to create an account. The link works once, for 7 days. " +
    "Inviting the same address again sends a new email, and the earlier link stops working. " +
    "Without a mail server, the response has the link. " +
    "Only for the owner of the instance.",
  auth: "session",
  body: z.strictObject({ email }),
  takes: "required",
  writes: true,
  answer: z.object({
    invite,
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
  errors: ["NOT_FOUND"],
});

export const invitesDelete = operation({
  ...plain,
  name: "invites_delete",
  method: "DELETE",
  path: "/api/invites/:id",
  summary: "Revoke an invitation",
  description: "Revokes an invitation: its link stops working. Only for the owner of the instance.",
  auth: "session",
  params: idParam,
  writes: true,
  answer: z.object({ success: z.literal(true) }),
  errors: ["NOT_FOUND"],
});
