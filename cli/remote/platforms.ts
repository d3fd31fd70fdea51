import type { Platform } from "../../client/index.ts";
import { answer } from "../answer.ts";
import { type ClientOptions, withClient } from "./client-command.ts";
import { columns } from "./show.ts";

/** All platforms, or what one accepts. */
export async function runShowPlatforms(name: Platform | undefined, options: ClientOptions): Promise<void> {
  await withClient(options, async (client) => {
    if (name === undefined) {
      const { platforms } = await client.platforms.list();
      return answer(options, { platforms }, columns(platforms.map((platform) => [platform.name, platform.label])));
    }
    const { platform } = await client.platforms.get(name);
    answer(options, { platform }, [
      platform.description,
      "",
      ...columns(platform.limits.map(({ what, limit }) => [what, limit])),
      ...platform.rules.map(({ message }) => message),
    ]);
  });
}
