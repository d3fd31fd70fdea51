import { CommanderError } from "commander";

import { AmpostError, type Client, createClient } from "../../client/index.ts";
import { EXIT_CODES } from "../exit-codes.ts";
import { type Credentials, findCredentials } from "./credentials.ts";
import { issueLines, plain } from "./show.ts";

/** Options shared by client commands. */
export interface ClientOptions {
  url?: string;
  json?: boolean;
}

/**
 * Runs a command over HTTP, like any other client. API errors are printed, and set the exit code.
 */
export async function withClient(
  options: ClientOptions,
  work: (client: Client, credentials: Credentials) => Promise<void>,
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  const credentials = await findCredentials(env, options.url);
  if (credentials === null) throw new Error("No API key found. Log in with `ampost login`, or set AMPOST_API_KEY.");
  endWithReader();
  await telling(options, () =>
    work(createClient({ apiKey: credentials.apiKey, baseUrl: credentials.url }), credentials),
  );
}

/** Prints an API error, as JSON if requested. */
export async function telling({ json }: ClientOptions, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof AmpostError)) throw error;
    const { code, message, status, requestId, issues, retryAfterSeconds } = error;
    if (json) console.log(JSON.stringify({ error: message, code, requestId, issues, retryAfterSeconds }));
    else console.error(refusalLines(error).join("\n"));
    process.exitCode =
      status !== null && status < 500 && code !== "UNEXPECTED_ANSWER" ? EXIT_CODES.refused : EXIT_CODES.failed;
  }
}

/** A reader that closes early, such as `head`, has seen enough; any other write error means lost output. */
function endWithReader(): void {
  process.stdout.once("error", (error) => {
    if (!("code" in error) || error.code !== "EPIPE") {
      console.error(`The response could not be written: ${error.message}`);
      process.exit(EXIT_CODES.failed);
    }
    // A command with cleanup to do on exit is ended this way.
    if (process.listenerCount("SIGTERM") > 0) process.kill(process.pid, "SIGTERM");
    else process.exit(EXIT_CODES.brokenPipe);
  });
}

/** Ends a command with invalid usage. */
export function usageError(message: string): never {
  console.error(message);
  throw new CommanderError(EXIT_CODES.usageError, "ampost.usageError", message);
}

/** All of standard input, without the final newline. */
export async function readInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks)
    .toString("utf8")
    .replace(/\r?\n$/, "");
}

function refusalLines({ code, message, issues, requestId, retryAfterSeconds }: AmpostError): string[] {
  return [
    ...(issues.length > 0 ? issueLines(issues) : [`${code}: ${plain(message)}`]),
    ...(retryAfterSeconds === null ? [] : [`Try again in ${Math.ceil(retryAfterSeconds)} s.`]),
    ...(requestId === null || requestId === "" ? [] : [`Request ${requestId}`]),
  ];
}
