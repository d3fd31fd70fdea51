import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { Logger } from "pino";
import { z } from "zod";

/** A part of the product in a separate process, which ends with this one, however this one ends. */
export interface AttachedProcess {
  /** Resolves when it is first ready; rejects if it ends before that. */
  started: Promise<void>;
  isRunning(): boolean;
  /** Its response to a query with this name; rejects if it does not respond in time. */
  ask(question: string): Promise<unknown>;
  /** Lets it finish its work; it is killed if it does not respond. */
  stop(): Promise<void>;
}

interface AttachedOptions {
  /** Over this process's own environment. */
  env: Record<string, string>;
  /** Node's own flags. */
  flags?: readonly string[];
  /** How long it has to stop. */
  stopSeconds: number;
  log: Pick<Logger, "warn" | "error">;
  /** It loads its code in the meantime and starts when this resolves. It waits for that with `untilToldToBegin`. */
  after?: Promise<unknown>;
  /** Called after it has crashed and was restarted. */
  onEnd?: () => void;
}

const COMMAND = join(import.meta.dirname, "../../cli/ampost.js");
const LONGEST_PAUSE_SECONDS = 10;
const ANSWER_SECONDS = 2;

const question = z.object({ ask: z.string(), id: z.number() });
const answer = z.object({ id: z.number(), answer: z.unknown() });

/**
 * Starts `ampost NAME --attached`, and restarts it when it dies. The channel between the two tells the child when its
 * parent is gone, even after a kill -9.
 */
export function startAttached(
  name: "sandbox" | "worker",
  { env, flags = [], stopSeconds, log, after, onEnd }: AttachedOptions,
): AttachedProcess {
  let child: ChildProcess | undefined;
  let running = false;
  let stopping = false;
  let asked = 0;

  /** Rejects if it ends before it is ready. */
  async function start(): Promise<void> {
    const fresh = spawn(process.execPath, [...flags, COMMAND, name, "--attached"], {
      env: { ...process.env, ...env },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    child = fresh;
    after?.then(
      () => fresh.connected && fresh.send({ begin: true }),
      () => undefined,
    );
    let wasRunning = false;
    fresh.once("exit", (code, signal) => {
      running = false;
      if (wasRunning && !stopping) void restart(code, signal);
    });
    const ended = once(fresh, "exit").then(() => {
      throw new Error(`The ${name} did not start; see its message above.`);
    });
    await Promise.race([once(fresh, "message"), ended]);
    ended.catch(() => undefined);
    wasRunning = running = true;
  }

  /**
   * Failures to start are handled by whoever starts the product; crashes during startup are handled like later ones.
   */
  async function startFirst(): Promise<void> {
    try {
      await start();
    } catch (error) {
      if (stopping || child?.signalCode === null) throw error;
      await restart(null, child?.signalCode ?? null);
    }
  }

  async function restart(code: number | null, signal: string | null): Promise<void> {
    log.warn({ code, signal }, `The ${name} stopped; restarting it`);
    onEnd?.();
    for (let pauseSeconds = 0.2; !stopping; pauseSeconds = Math.min(pauseSeconds * 2, LONGEST_PAUSE_SECONDS)) {
      try {
        return await start();
      } catch (error) {
        log.error({ err: error }, `The ${name} does not start`);
        await sleep(pauseSeconds * 1000, undefined, { ref: false });
      }
    }
  }

  function ask(what: string, seconds = ANSWER_SECONDS): Promise<unknown> {
    const to = child;
    if (!running || to === undefined || !to.connected) return Promise.reject(new Error("does not run"));
    asked += 1;
    const id = asked;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const hear = (message: unknown) => {
      const heard = answer.safeParse(message);
      if (heard.success && heard.data.id === id) resolve(heard.data.answer);
    };
    const timer = setTimeout(() => reject(new Error("does not respond")), seconds * 1000);
    to.on("message", hear);
    to.send({ ask: what, id }, (error) => error && reject(error));
    return promise.finally(() => {
      clearTimeout(timer);
      to.off("message", hear);
    });
  }

  return {
    started: startFirst(),
    isRunning: () => running,
    ask,
    stop: async () => {
      stopping = true;
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      const until = performance.now() + stopSeconds * 1000;
      const isStuck =
        running &&
        (await ask("alive", Math.max(ANSWER_SECONDS, stopSeconds / 2)).then(
          () => false,
          () => true,
        ));
      if (child.connected) child.disconnect();
      const late = sleep(isStuck ? 0 : until - performance.now(), "late", { ref: false });
      if ((await Promise.race([ended, late])) === "late") child.kill("SIGKILL");
      await ended;
    },
  };
}

/** In the child: resolves when it may start. False if the parent is gone. */
export async function untilToldToBegin(): Promise<boolean> {
  const gone = once(process, "disconnect").then(() => false);
  if (!process.connected) return false;
  return await Promise.race([once(process, "message").then(() => true), gone]);
}

/** In the child: reports that this process is ready, and answers the parent's queries. */
export function answerStarter(answers: Record<string, () => Promise<unknown>> = {}): void {
  process.on("message", (message) => {
    const heard = question.safeParse(message);
    if (!heard.success) return;
    const { ask, id } = heard.data;
    // Failed queries get no response: the parent waits only for a limited time.
    const answered = ask === "alive" ? Promise.resolve(true) : (answers[ask]?.() ?? Promise.resolve(null));
    answered.then(
      (value) => tell({ id, answer: value }),
      () => undefined,
    );
  });
  tell({ ready: true });
}

/** A parent that is just exiting receives nothing more. */
function tell(message: object): void {
  process.send?.(message, undefined, {}, () => undefined);
}
