import type { Vault } from "../../vault/vault.ts";

/** The body of a delivery is kept sealed, since it holds signed addresses of media. */
export function sealPayload(vault: Pick<Vault, "seal">, id: string, payload: string): string {
  return vault.seal(payload, placeOf(id));
}

/** The body as it is sent. Those from before they were sealed are JSON. */
export function openPayload(vault: Pick<Vault, "open">, row: { id: string; payload_sealed: string }): string {
  return row.payload_sealed.startsWith("{") ? row.payload_sealed : vault.open(row.payload_sealed, placeOf(row.id));
}

/** The body with addresses of media that do not work. */
export function withoutSignatures(payload: string): string {
  return payload.replace(/([?&]signature=)[\w-]+/g, "$1");
}

function placeOf(id: string) {
  return { table: "webhook_deliveries", row: id, column: "payload_sealed" };
}
