import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";

import { CommanderError } from "commander";

import { createClient } from "../../client/index.ts";
import { answer } from "../answer.ts";
import { EXIT_CODES } from "../exit-codes.ts";
import { type ClientOptions, readInput, telling, usageError } from "./client-command.ts";
import { forgetCredentials, loginUrl, storeCredentials } from "./credentials.ts";

/**
 * Stores a key that works. It is read from standard input or AMPOST_API_KEY: arguments are visible to everyone on the
 * machine.
 */
export async function runLogin(options: ClientOptions): Promise<void> {
  const url = loginUrl(process.env, options.url);
  const apiKey = (process.env.AMPOST_API_KEY ?? (await readSecret(`API key for ${url}: `))).trim();
  if (apiKey === "") usageError("No key was provided. Send it on standard input, or set AMPOST_API_KEY.");
  await telling(options, async () => {
    const { sets } = await createClient({ apiKey, baseUrl: url }).platformSets.list();
    const file = await storeCredentials(process.env, { apiKey, url });
    const mode = sets[0]?.mode ?? null;
    answer(options, { url, mode, file }, [`Logged in to ${url} with a ${mode ?? ""} key, saved in ${file}.`]);
  });
}

export async function runLogout(options: ClientOptions): Promise<void> {
  const url = await forgetCredentials(process.env, options.url);
  answer(options, { url }, [
    url === null
      ? "You are not logged in."
      : `Deleted the saved key for ${url}. The key itself still works; \`ampost keys revoke\` revokes it.`,
  ]);
}

/** A secret from standard input or, on a terminal, from a line that is not echoed. */
export async function readSecret(question: string): Promise<string> {
  return (process.stdin.isTTY ? await askUnseen(question) : await readInput()).trim();
}

async function askUnseen(question: string): Promise<string> {
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  // From here on the terminal does not echo, so this comes before the prompt.
  const lines = createInterface({ input: process.stdin, output: unseen, terminal: true });
  process.stderr.write(question);
  try {
    return await lines.question("");
  } catch (error) {
    // Ctrl-C or Ctrl-D.
    if (error instanceof Error && error.name === "AbortError")
      throw new CommanderError(EXIT_CODES.interrupted, "ampost.interrupted", "Interrupted.");
    throw error;
  } finally {
    lines.close();
    process.stderr.write("\n");
  }
}
