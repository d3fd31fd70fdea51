import { answerTable } from "./faults/answers.ts";
import { crashEverywhere } from "./faults/crashes.ts";
import { breakDatabase } from "./faults/database.ts";
import { compareDays } from "./faults/day/day.ts";
import { quarantine, uniqueCommits } from "./faults/guards.ts";
import { killApis, killWorkers } from "./faults/kills.ts";
import { PAUSE_POINTS, pauseWorkers } from "./faults/paused-workers.ts";
import { breakPlatforms } from "./faults/platforms.ts";
import { cancelAgainstPublish, createWithOneKey, editAgainstDueTime, publishManyTimes } from "./faults/races.ts";
import { repeatNotifications } from "./faults/repeated-notifications.ts";
import { notesOf, table, writeSection } from "./faults/report.ts";
import { restoreRounds } from "./faults/restore-rounds.ts";
import { rollVersions } from "./faults/rolls.ts";
import { sabotageRuns } from "./faults/sabotage.ts";
import { runAlone, type ScenarioResult, sentencesOf } from "./faults/scenario.ts";
import { conditionsNow } from "./report.ts";

/**
 * Injects faults while posts are being published, and compares the results with the sandbox's ledger. Runs all parts,
 * or those named, and writes each into docs/faults.md. Exits with 1 if a guarantee was violated.
 */
const parts: Record<string, () => Promise<ScenarioResult>> = {
  crashes: () =>
    crashEverywhere([
      { kind: "text" },
      { kind: "image" },
      { kind: "carousel" },
      { kind: "chain" },
      { kind: "text", lost: true },
      { kind: "chain", lost: true },
    ]),
  platforms: () => breakPlatforms({ people: 40 }),
  answers: () => answerTable({ long: true }),
  workers: () => runAlone(killWorkers({ posts: 400, kills: 40, seed: 1 })),
  apis: () => runAlone(killApis({ posts: 600, kills: 30, seed: 2 })),
  stops: () => pauseWorkers(PAUSE_POINTS),
  database: () => breakDatabase({ posts: 600, breaks: 12, seed: 3 }),
  wakes: () => runAlone(repeatNotifications({ rounds: 5 })),
  cancels: () => runAlone(cancelAgainstPublish({ races: 1000, seed: 4 })),
  edits: () => runAlone(editAgainstDueTime({ rounds: 10, seed: 5 })),
  publishes: () => runAlone(publishManyTimes({ posts: 50 })),
  keys: () => runAlone(createWithOneKey({ rounds: 10, calls: 200 })),
  restores: () => restoreRounds({ rounds: 200, seed: 7, lanes: 4 }),
  rolls: () => rollVersions({ rolls: 20, people: 24, pauseSeconds: 8, beforeSeconds: 20 }),
  quarantine: () => runAlone(quarantine()),
  indexes: () => runAlone(uniqueCommits()),
  day: () => compareDays({ seconds: 1440, hours: 24, tenants: 12, every: 8, seed: 6, pauseMilliseconds: 0 }),
  sabotage: sabotageRuns,
};

const names = process.argv.slice(2);
const strange = names.filter((name) => parts[name] === undefined);
if (strange.length > 0) {
  console.error(`There is no part ${strange.join(", ")}. There are: ${Object.keys(parts).join(", ")}.`);
  process.exit(2);
}

for (const [name, run] of Object.entries(parts)) {
  if (names.length > 0 && !names.includes(name)) continue;
  console.log(`\n${name}`);
  const conditions = await conditionsNow();
  try {
    const result = await run();
    console.log([result.did, "", ...table(result), "", ...notesOf(result), ...sentencesOf(result)].join("\n"));
    await writeSection(name, result, conditions);
    if (result.violations.length > 0) process.exitCode = 1;
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  }
}
process.exit();
