import { createInterface } from "node:readline/promises";

import type { Client, NewPostingTimes } from "../../client/index.ts";
import { WEEKDAYS } from "../../model/posting-times.ts";
import { answer } from "../answer.ts";
import { EXIT_CODES } from "../exit-codes.ts";
import { type ClientOptions, usageError, withClient } from "./client-command.ts";
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
  options: ClientOptions & { at?: string[]; timeZone?: string; none?: boolean },
): Promise<void> {
  const { at = [], timeZone, none = false } = options;
  if (timeZone !== undefined && at.length === 0) usageError("error: --time-zone requires --at");
  const times = readTimes(at);
  await withClient(options, async ({ platformSets }) => {
    let { postingTimes } = await platformSets.getPostingTimes(id);
    if (at.length > 0 || none)
      ({ postingTimes } = await platformSets.setPostingTimes(id, {
        timeZone: timeZone ?? postingTimes.timeZone,
        times,
      }));
    const days = WEEKDAYS.flatMap((day) => {
      const own = postingTimes.times[day] ?? [];
      return own.length === 0 ? [] : [[day, own.join(", ")]];
    });
    const rows = [...days, ["time zone", postingTimes.timeZone], ["next free", postingTimes.nextFreeAt ?? "-"]];
    answer(options, { postingTimes }, days.length === 0 ? ["No posting times."] : columns(rows));
  });
}

/** "monday 09:30,17:00" */
function readTimes(given: readonly string[]): NewPostingTimes["times"] {
  const times: NewPostingTimes["times"] = {};
  for (const each of given) {
    const [name = "", ...own] = each
      .toLowerCase()
      .split(/[\s,]+/)
      .filter((word) => word !== "");
    const day = WEEKDAYS.find((weekday) => weekday === name);
    if (day === undefined || own.length === 0)
      usageError(`error: --at ${each}: write a day and its times, such as "monday 09:30,17:00".`);
    times[day] = [...(times[day] ?? []), ...own];
  }
  return times;
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
