import { setTimeout as sleep } from "node:timers/promises";

/** `fetch`, but a process that is too busy is asked again, as it says. */
export async function patientFetch(url: string, options: RequestInit = {}): Promise<Response> {
  for (;;) {
    const response = await fetch(url, options);
    if (response.status !== 503) return response;
    await response.body?.cancel();
    await sleep(Number(response.headers.get("retry-after") ?? 1) * 1000);
  }
}
