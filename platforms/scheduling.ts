import type { Capabilities } from "../model/capabilities.ts";
import { catalog } from "./catalog.ts";
import { joinWords } from "./describe.ts";

/** How an instance schedules. */
export interface Scheduling {
  /** Which platforms support `scheduledFor`: those of the contract, or all. */
  scheduling: "contract" | "all";
  /** Who can sign up: if anyone can, users are customers, who cannot change settings. */
  signUp: "open" | "invite" | "closed";
}

/** A platform's capabilities on an instance. */
export function onInstance(capabilities: Capabilities, { scheduling }: Pick<Scheduling, "scheduling">): Capabilities {
  if (scheduling === "contract" || capabilities.scheduling) return capabilities;
  const { launch } = capabilities;
  const sentence = launch.sentence.replace(", published immediately", "");
  return { ...capabilities, scheduling: true, launch: { ...launch, sentence } };
}

/** Which platforms support `scheduledFor` on an instance, as a sentence. */
export function describeScheduling({ scheduling }: Pick<Scheduling, "scheduling">): string {
  if (scheduling === "all") return "Every platform supports scheduledFor.";
  const labels = Object.values(catalog).flatMap(({ capabilities }) =>
    capabilities.scheduling ? [capabilities.label] : [],
  );
  return `Only ${joinWords(labels, "and")} support scheduledFor.`;
}
