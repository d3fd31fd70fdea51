let loaded: Promise<typeof import("undici")> | undefined;

/** The HTTP client, which is loaded for the first request: a process that sends none needs 4 MB less. */
export function loadUndici(): Promise<typeof import("undici")> {
  return (loaded ??= import("undici"));
}
