import { Command, CommanderError, Option } from "commander";

import { PLATFORM_NAMES } from "../model/platform-names.ts";
import ampost from "../package.json" with { type: "json" };
import { EXIT_CODES } from "./exit-codes.ts";
import { list, wholeNumber } from "./options.ts";
import { addClientCommands } from "./remote/client-commands.ts";

/** Runs one command line and sets the exit code. A long-running command stays until it is told to stop. */
export async function run(args: readonly string[]): Promise<void> {
  try {
    await commands().parseAsync([...args], { from: "user" });
  } catch (error) {
    process.exitCode = error instanceof CommanderError ? exitCodeOf(error) : await explainFailure(error);
  }
}

/** Every command, each loading what it needs when it is run, so that help is instant. */
export function commands(): Command {
  const program = new Command("ampost")
    .description("Publishes to social networks: exactly once, on time, or you are told the truth.")
    .version(ampost.version, "--version", "print which version this is")
    .exitOverride()
    .showHelpAfterError("(add --help for what it takes)")
    .addHelpText(
      "after",
      '\nConfiguration is read from the environment and from .env; .env.example lists it.\n\nExamples:\n  ampost start\n  ampost bootstrap --json\n  ampost keys create --mode test --name laptop\n  ampost posts create "Hello" --platforms threads --publish --wait',
    );
  program.commandsGroup("On this instance:");
  addServers(program);
  addInstanceCommands(program);
  addPublishing(program);
  addKeys(program);
  addAccounts(program);
  program.commandsGroup("Over HTTP, with an API key:");
  addClientCommands(program);
  return program;
}

function addServers(program: Command): void {
  const server = (name: string, description: string) => program.command(name).description(description);
  server("start", "run everything in one go: API, worker and sandbox, on an embedded database").action(async () =>
    (await import("./servers.ts")).runServer("start"),
  );
  server("api", "run the API alone; any number of them share a database").action(async () =>
    (await import("./servers.ts")).runServer("api"),
  );
  server("worker", "run a worker alone: it publishes and does chores")
    .addOption(new Option("--attached").hideHelp())
    .action(async (options) => (await import("./servers.ts")).runServer("worker", options));
  server("sandbox", "run the sandbox alone: it stands in for the platforms in test mode")
    .addOption(new Option("--attached").hideHelp())
    .action(async (options) => (await import("./sandbox.ts")).runSandbox(options));
}

function addInstanceCommands(program: Command): void {
  program
    .command("migrate")
    .description("bring the database up to date; every server does so when it starts")
    .addOption(json())
    .action(async (options) => (await import("./migrate.ts")).runMigrate(options));
  program
    .command("bootstrap")
    .description(
      "make sure there is an owner with a test set and sandbox accounts, and make a test key; may be run again and again",
    )
    .addOption(email())
    .addOption(json())
    .addHelpText("after", '\nExample:\n  ampost bootstrap --json | grep -o \'"apiKey":"[^"]*\' | cut -d \'"\' -f 4')
    .action(async (options) => (await import("./bootstrap.ts")).runBootstrap(options));
  program
    .command("doctor")
    .description("look for what is wrong with this installation, and say how to cure it")
    .addOption(json())
    .action(async (options) => (await import("./doctor.ts")).runDoctor(options));
}

function addPublishing(program: Command): void {
  const publishing = program.command("publishing").description("whether posts go out");
  publishing
    .command("status")
    .description("say whether publishing runs or is held, and why")
    .addOption(json())
    .action(async (options) => (await import("./publishing.ts")).runPublishingStatus(options));
  publishing
    .command("release")
    .description("publish again after the database was restored, copied or moved")
    .addOption(json())
    .action(async (options) => (await import("./publishing.ts")).runRelease(options));
}

function addKeys(program: Command): void {
  const keys = program.command("keys").description("API keys, and the key that seals what is stored");
  keys
    .command("create")
    .description("make a key and show it, this once")
    .addOption(
      new Option("--mode <mode>", "what it sees: real platforms, or the sandbox")
        .choices(["test", "live"])
        .makeOptionMandatory(),
    )
    .requiredOption("--name <name>", "what to call it")
    .option("--expires <time>", "when it stops to work, such as 2027-01-31T00:00:00Z")
    .option("--draft-only", "it can neither schedule nor publish")
    .addOption(list("--platforms <platforms...>", "it posts to these only", PLATFORM_NAMES))
    .option("--posts-per-day <number>", "it creates no more posts a day, from 00:00 UTC", wholeNumber)
    .option("--approval-required", "it publishes only what a person has approved")
    .addOption(email())
    .addOption(json())
    .addHelpText(
      "after",
      "\nExamples:\n  ampost keys create --mode live --name production\n  ampost keys create --mode live --name writer --draft-only --posts-per-day 20",
    )
    .action(async (options) => (await import("./keys.ts")).runCreateKey(options));
  keys
    .command("list")
    .description("all keys, without what makes them work")
    .addOption(email())
    .addOption(json())
    .action(async (options) => (await import("./keys.ts")).runListKeys(options));
  keys
    .command("revoke")
    .description("end a key, from the next request on")
    .argument("<id>", "its id, as `ampost keys list` shows it")
    .addOption(email())
    .addOption(json())
    .action(async (id, options) => (await import("./keys.ts")).runRevokeKey(id, options));
  keys
    .command("rotate-encryption")
    .description(
      "seal everything in the database with a new key, or the first of AMPOST_ENCRYPTION_KEY, while the servers run",
    )
    .addOption(json())
    .addHelpText(
      "after",
      "\nWith AMPOST_ENCRYPTION_KEY: first add the new key behind the old one on every process (old,new),\nthen put it first (new,old), then run this, then drop the old one when `ampost doctor` says so.\nWith the generated key file this makes the new key itself, and nothing has to be restarted.",
    )
    .action(async (options) => (await import("./rotate-encryption.ts")).runRotateEncryption(options));
}

function addAccounts(program: Command): void {
  program
    .command("accounts")
    .description("accounts on the platforms")
    .command("connect")
    .description("connect a sandbox account to a test set")
    .requiredOption("--set <id>", "the platform set's id")
    .requiredOption("--platform <platform>", "the platform's key")
    .addOption(email())
    .addOption(json())
    .action(async (options) => (await import("./accounts.ts")).runConnectAccount(options));
}

function email(): Option {
  return new Option("--email <address>", "act for this user instead of the owner; made where there is none yet");
}

function json(): Option {
  return new Option("--json", "print one JSON object as the last line");
}

/** Whatever commander itself refuses ends it with 1. */
function exitCodeOf({ exitCode }: CommanderError): number {
  return exitCode === 1 ? EXIT_CODES.wronglyCalled : exitCode;
}

async function explainFailure(error: unknown): Promise<number> {
  const { sentenceOf } = await import("./answer.ts");
  console.error(sentenceOf(error));
  return EXIT_CODES.failed;
}
