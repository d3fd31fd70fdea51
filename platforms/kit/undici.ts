import type * as Undici from "undici";

/**
 * How long an address may take to connect before the name's next one is tried. Enough for a handshake around the world,
 * or one whose first packet is lost and sent again after a second; Node's default is shorter. A commit must be sent
 * within 5 s: two addresses may be dead.
 */
export const ADDRESS_MILLISECONDS = 1_500;

let loaded: Promise<typeof Undici> | undefined;

/** The HTTP client, which is loaded for the first request: a process that sends none needs 4 MB less. */
export function loadUndici(): Promise<typeof Undici> {
  return (loaded ??= import("undici"));
}
