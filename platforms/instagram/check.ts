import { tryMadeUpCode } from "../kit/made-up-code.ts";
import { inspectToken, notePublishingLimit } from "../kit/meta/check.ts";
import type { AccountReport, LiveCheck } from "../platform.ts";
import { graphs } from "./errors.ts";
import { oauth } from "./oauth.ts";

/** The app of Instagram's own login: that of Facebook's is Facebook's. No way to get the app's own token is documented. */
export const check: LiveCheck = {
  async app(http, app) {
    await tryMadeUpCode(oauth, http, app);
    return [];
  },
  async account(account) {
    const isByFacebook = account.metadata["login"] === "facebook";
    const graph = isByFacebook ? graphs.facebook : graphs.instagram;
    const report: AccountReport = isByFacebook ? await inspectToken(graph, account) : { notes: [] };
    const reader = { ...account, accessToken: account.userToken ?? account.accessToken };
    const limit = await notePublishingLimit(graph, reader, `${account.platformAccountId}/content_publishing_limit`);
    return { ...report, notes: [...report.notes, ...limit] };
  },
};
