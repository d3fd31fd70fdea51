import { z } from "zod";

import { FAULT_KINDS, MOST_ACCOUNT_FAULTS } from "../../model/fault-kinds.ts";
import { idParam, time } from "../fields.ts";
import { operation, plain } from "../operation.ts";

const kind = z.enum(FAULT_KINDS).meta({ examples: ["drop_after"] });

const answer = z.object({
  faults: z
    .array(z.object({ kind, expiresAt: time.describe("When it ends if no call has met it.") }))
    .describe("What the next calls meet, in this order."),
});

export const sandboxFaultsGet = operation({
  ...plain,
  name: "sandbox_faults_get",
  method: "GET",
  path: "/api/v1/accounts/:id/sandbox-faults",
  summary: "Get an account's sandbox faults",
  description: "Returns how the next publishing calls of a test account fail in the sandbox.",
  params: idParam,
  answer,
  errors: ["NOT_FOUND", "AUTH_REVOKED"],
});

export const sandboxFaultsSet = operation({
  ...plain,
  name: "sandbox_faults_set",
  method: "PUT",
  path: "/api/v1/accounts/:id/sandbox-faults",
  summary: "Set an account's sandbox faults",
  description:
    "Makes the next publishing calls of a test account fail in the sandbox, each in one way, in this order. " +
    "It replaces what was set before; an empty list resets it. A fault ends with the call that meets it, " +
    "or after 15 minutes. `reject`, `rate_limit`, `http_500` and `drop_before` do nothing; `drop_after`, " +
    "`error_after`, `timeout`, `cut_body` and `broken_json` publish and lose the response; `slow` responds after " +
    "three seconds; `process_forever` never finishes processing; `expire_token` and `revoke_token` end the access.",
  params: idParam,
  body: z.strictObject({ faults: z.array(kind).max(MOST_ACCOUNT_FAULTS).describe("How they fail, in order.") }),
  takes: "required",
  writes: true,
  answer,
  errors: ["NOT_FOUND", "AUTH_REVOKED"],
});
export type SandboxFaults = z.output<typeof answer>;
