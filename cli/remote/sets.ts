import { answer } from "../answer.ts";
import { type ClientOptions, withClient } from "./client-command.ts";
import { columns, plain } from "./show.ts";

export async function runListSets(options: ClientOptions): Promise<void> {
  await withClient(options, async (client) => {
    const { sets } = await client.platformSets.list();
    answer(options, { sets }, columns(sets.map(({ id, name, mode, isDefault, connectionCount }) => [id, mode, `${connectionCount} accounts`, `${plain(name)}${isDefault ? " (default)" : ""}`])));
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

export async function runDeleteSet(id: string, options: ClientOptions): Promise<void> {
  await withClient(options, async (client) => {
    answer(options, await client.platformSets.delete(id), [`Deleted ${id}; its accounts are disconnected.`]);
  });
}
