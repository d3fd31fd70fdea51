import { MODES } from "../model/platform-names.ts";
import { newRound, relayEvents, type RelayServices } from "../server/domain/webhooks/relay.ts";

/** Passes all waiting events on to webhooks, in both modes. */
export async function relayAll(services: RelayServices): Promise<void> {
  for (const mode of MODES) while (await relayEvents(services, newRound(mode))) continue;
}
