import { createListener } from "../server/db/listen.ts";
import type { Benchmark, Row } from "./benchmark.ts";
import { install, silent } from "./installation.ts";
import { NotifyResult } from "./notifying-inserts.ts";
import { median, show, showPercent } from "./numbers.ts";
import { RAW_TABLE } from "./raw-inserts.ts";
import { runInChild } from "./run-in-child.ts";

const WRITERS = 32;
const LISTENERS = 4;
const ROUNDS = 5;
const ROUND_SECONDS = 3;
const LEAST_SHARE = 0.8;

type Round = Record<"no" | "after" | "inside", number>;

export const notifying: Benchmark = {
  name: "notify",
  title: "Commits that tell others",
  about:
    `Transactions of one insert from ${WRITERS} writers, with ${LISTENERS} listening processes: those that tell them ` +
    "of their row after the commit, as every write of a post does, those that tell nobody (the raw limit), and those " +
    `that notify inside the transaction. ${ROUNDS} rounds of ${ROUND_SECONDS} s of each in turn; medians.`,
  async measure(workspace) {
    const { databaseUrl, pool } = await install(workspace, "data");
    await pool.query(RAW_TABLE);
    for (let number = 1; number <= LISTENERS; number += 1) {
      const listener = await createListener(databaseUrl, silent);
      workspace.defer(() => listener.close());
    }
    const insert = async (tells: keyof Round, seconds = ROUND_SECONDS) =>
      (await runInChild("insertAndNotify", { databaseUrl, writers: WRITERS, seconds, tells }, NotifyResult)).perSecond;
    const rounds: Round[] = [];
    for (let number = 1; number <= ROUNDS; number += 1) {
      const round = { no: await insert("no"), after: await insert("after"), inside: await insert("inside") };
      rounds.push(round);
      const rates = Object.entries(round).map(([name, perSecond]) => `${name} ${show(perSecond)}`);
      workspace.say(`round ${number}, per second: ${rates.join(", ")}`);
    }
    return [
      row("commits per second that tell others", "after", rounds, LEAST_SHARE),
      row("… that notify inside", "inside", rounds),
    ];
  },
};

function row(what: string, own: keyof Round, rounds: readonly Round[], least?: number): Row {
  const share = median(rounds.map((round) => round[own] / round.no));
  return {
    what,
    value: show(median(rounds.map((round) => round[own]))),
    raw: show(median(rounds.map(({ no }) => no))),
    ratio: showPercent(share),
    ...(least !== undefined && { target: `at least ${showPercent(least)}`, met: share >= least }),
  };
}
