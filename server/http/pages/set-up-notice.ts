import type { Services } from "../../domain/services.ts";
import { isSetUpOpen } from "../../domain/users/set-up.ts";
import type { Notice } from "./frame.ts";

/** For visitors of an instance that has no owner yet: how to become it. Null if it has one. */
export async function setUpNotice(services: Pick<Services, "pool">): Promise<Notice | null> {
  return (await isSetUpOpen(services)) ? { kind: "warn", text: SET_UP } : null;
}

const SET_UP =
  "This instance has no owner yet. If you started it, open the link that it printed at startup to create your " +
  "account. Each restart prints a new link.";
