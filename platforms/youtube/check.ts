import { tryMadeUpCode } from "../kit/made-up-code.ts";
import type { LiveCheck } from "../platform.ts";
import { oauth } from "./oauth.ts";

export const check: LiveCheck = {
  async app(http, app) {
    await tryMadeUpCode(oauth, http, app);
    return [];
  },
};
