import { createInterface } from "node:readline/promises";

import type { Client } from "../../client/index.ts";
import { answer } from "../answer.ts";
import { EXIT_CODES } from "../exit-codes.ts";
import { type ClientOptions, withClient } from "./client-command.ts";
import { linesOfTimes, readTimes, type TimesOptions } from "./posting-times.ts";
import { columns, plain } from "./show.ts";

export async function runListSets(options: ClientOptions): Promise<void> {
  await withClient(options, async (client) => {
    const { sets } = await client.platformSets.list();
    answer(
      options,
      { sets },
      columns(
        sets.map(({ id, name, mode, isDefault, connectionCount }) => [
          id,
          mode,
          `${connectionCount} accounts`,
          `${plain(name)}${isDefault ? " (default)" : ""}`,
        ]),
      ),
    );
  });
}

export async function runCreateSet(name: string, options: ClientOptions): Promise<void> {
  await withClient(options, async (client) => {
    const { set } = await client.platformSets.create({ name });
    answer(options, { set }, [set.id]);
  });
}

export async function runRenameSet(id: string, name: string, options: ClientOptions): Promise<void> {
  await withClient(options, async (client) => {
    const { set } = await client.platformSets.rename(id, name);
    answer(options, { set }, [`${set.id}  ${plain(set.name)}`]);
  });
}

export async function runPostingTimes(
  id: string,
  options: ClientOptions & TimesOptions & { none?: boolean },
): Promise<void> {
  const times = readTimes(options);
  await withClient(options, async ({ platformSets }) => {
    let { postingTimes } = await platformSets.getPostingTimes(id);
    if (times !== null || options.none === true)
      ({ postingTimes } = await platformSets.setPostingTimes(id, {
        timeZone: options.timeZone ?? postingTimes.timeZone,
        times: times ?? {},
      }));
    answer(options, { postingTimes }, linesOfTimes(postingTimes));
  });
}

export async function runDeleteSet(id: string, options: ClientOptions & { yes?: boolean }): Promise<void> {
  await withClient(options, async (client) => {
    if (!options.yes && process.stdin.isTTY && process.stderr.isTTY && !(await isMeant(client, id))) {
      process.exitCode = EXIT_CODES.failed;
      return options.json ? answer(options, { success: false }, []) : console.error("Nothing was deleted.");
    }
    answer(options, await client.platformSets.delete(id), [`Deleted ${id} and disconnected its accounts.`]);
  });
}

/** On a terminal, asks for confirmation; a script means what it says. */
async function isMeant(client: Client, id: string): Promise<boolean> {
  const set = (await client.platformSets.list()).sets.find((each) => each.id === id);
  if (set === undefined) return true;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test(
      (
        await lines.question(
          `Delete "${plain(set.name)}" and disconnect its ${set.connectionCount} accounts? Their scheduled posts will fail. [y/N] `,
        )
      ).trim(),
    );
  } catch (error) {
    if (error instanceof Error && error.name === "AbortError") return false;
    throw error;
  } finally {
    lines.close();
  }
}
