import type { SearchSchemaInput } from "@tanstack/react-router";

const APPROVAL_VIEWS = ["pending", "approved", "sent_back", "drafts"] as const;
export type ApprovalView = (typeof APPROVAL_VIEWS)[number];

/** Which posts the approvals show, as the address says. */
export function readApprovalView({ view }: { view?: ApprovalView | undefined } & SearchSchemaInput) {
  return { view: APPROVAL_VIEWS.find((each) => each === view) };
}
