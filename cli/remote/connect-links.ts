import type { ConnectLinkFilter, Platform } from "../../client/index.ts";
import { answer } from "../answer.ts";
import { type ClientOptions, withClient } from "./client-command.ts";
import { defaultSet } from "./posts.ts";
import { columns, plain, statusOf } from "./show.ts";

interface LinkOptions extends ClientOptions {
  platform?: Platform;
  set?: string;
  externalId?: string;
  returnUrl?: string;
  expiresIn?: number;
}

export async function runCreateConnectLink(options: LinkOptions): Promise<void> {
  const { platform, set, externalId, returnUrl, expiresIn } = options;
  await withClient(options, async (client) => {
    const { connectLink } = await client.connectLinks.create({
      platformSetId: set ?? (await defaultSet(client)),
      ...(platform && { platform }),
      ...(externalId !== undefined && { externalId }),
      ...(returnUrl !== undefined && { returnUrl }),
      ...(expiresIn !== undefined && { expiresInSeconds: expiresIn }),
    });
    answer(options, { connectLink }, [
      connectLink.url ?? connectLink.id,
      `Anyone who opens it can connect one account${platform || returnUrl ? "" : " on each platform"}, until ${connectLink.expiresAt}.`,
    ]);
  });
}

export async function runListConnectLinks(
  options: ClientOptions & ConnectLinkFilter & { limit: number },
): Promise<void> {
  const { status, externalId, limit } = options;
  await withClient(options, async (client) => {
    const page = await client.connectLinks.list({
      limit,
      ...(status && { status }),
      ...(externalId !== undefined && { externalId }),
    });
    const rows = page.connectLinks.map((link) => [
      link.id,
      statusOf(link.status),
      link.platform ?? "any platform",
      `until ${link.expiresAt}`,
      plain(link.externalId ?? ""),
    ]);
    answer(options, page, rows.length > 0 ? columns(rows) : ["No connect links found."]);
  });
}

export async function runRevokeConnectLink(id: string, options: ClientOptions): Promise<void> {
  await withClient(options, async (client) =>
    answer(options, await client.connectLinks.revoke(id), [`Revoked ${id}.`]),
  );
}
