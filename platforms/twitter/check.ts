import { tryMadeUpCode } from "../kit/made-up-code.ts";
import type { LiveCheck } from "../platform.ts";
import { oauth } from "./oauth.ts";

export const check: LiveCheck = {
  async app(http, app) {
    await tryMadeUpCode(oauth, http, app);
    const { protocol, hostname } = new URL(app.redirectUri);
    // Source: X docs, developer apps, 2026.
    if (protocol !== "http:" || hostname !== "localhost") return [];
    return [
      {
        message: "X does not redirect to http://localhost.",
        cure: "Set AMPOST_APP_URL to http://127.0.0.1 with the same port, or to an https URL.",
      },
    ];
  },
};
