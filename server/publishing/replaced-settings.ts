import type pg from "pg";
import type { Logger } from "pino";

import type { StepDone } from "../../platforms/platform.ts";
import { CHANNELS, type Listener } from "../db/listen.ts";
import { notify } from "../db/notify.ts";
import { listFacts, noteFact } from "../db/queries/instance-facts.ts";

/** The operator's settings as brokers read them, some replaced because the platform no longer accepts their value. */
export interface ReplacedSettings {
  /** By environment name. Changes in place, in every process, when one learns of a replacement. */
  environment: Readonly<Record<string, string>>;
  /** Stores a replacement, so that it also survives a restart. It applies until the operator changes the setting. */
  replace(setting: NonNullable<StepDone["replacedSetting"]>): Promise<void>;
  close(): void;
}

const PREFIX = "replaced ";

export async function openReplacedSettings({
  pool,
  listener,
  log,
  configured,
}: {
  pool: pg.Pool;
  listener: Pick<Listener, "on" | "onReconnect">;
  log: Pick<Logger, "warn">;
  configured: Readonly<Record<string, string>>;
}): Promise<ReplacedSettings> {
  const environment = { ...configured };
  const read = async () => {
    const facts = await listFacts.all(pool, [PREFIX]);
    const replacements = new Map(facts.map(({ name, value }) => [name, value]));
    for (const [name, value] of Object.entries(configured)) environment[name] = latest(replacements, name, value);
  };
  const readAgain = () =>
    void read().catch((error: unknown) => log.warn({ err: error }, "replaced settings could not be read"));
  await read();
  const ends = [listener.on(CHANNELS.settings, readAgain), listener.onReconnect(readAgain)];
  return {
    environment,
    async replace({ name, value, by }) {
      if (environment[name] !== value) return;
      environment[name] = by;
      log.warn(`The platform no longer accepts ${name}=${value}. Using ${by} instead; set ${name} to it.`);
      await noteFact.run(pool, [factOf(name, value), by]);
      notify(pool, CHANNELS.settings);
    },
    close: () => ends.forEach((end) => end()),
  };
}

/** What replaced a value may have been replaced itself. */
function latest(replacements: Map<string, string>, name: string, configured: string): string {
  let value = configured;
  for (let steps = 0; steps < replacements.size; steps += 1) value = replacements.get(factOf(name, value)) ?? value;
  return value;
}

function factOf(name: string, value: string): string {
  return `${PREFIX}${name} ${value}`;
}
