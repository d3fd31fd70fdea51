import { Argument, Command, CommanderError, Option } from "commander";

import { LIMIT_NAMES, PLANS } from "../model/plans.ts";
import { PLATFORM_NAMES } from "../model/platform-names.ts";
import ampost from "../package.json" with { type: "json" };
import { EXIT_CODES } from "./exit-codes.ts";
import { amount, amountOrNone, limitChange, list, portNumber, wholeNumber } from "./options.ts";
import { addClientCommands } from "./remote/client-commands.ts";

/** Runs one command line and sets the exit code. A long-running command stays until it is stopped. */
export async function run(args: readonly string[]): Promise<void> {
  try {
    await commands().parseAsync([...args], { from: "user" });
  } catch (error) {
    process.exitCode = error instanceof CommanderError ? exitCodeOf(error) : await explainFailure(error);
  }
}

/** Every command. Each loads what it needs when it runs, so that help is instant. */
export function commands(): Command {
  const program = new Command("ampost")
    .description("Publishes to social networks, exactly once and on time.")
    .version(ampost.version, "--version", "print the version")
    // It does not fail if whoever reads help has had enough, as `head` has.
    .configureOutput({ writeOut: (text) => console.log(text.replace(/\n$/, "")) })
    .exitOverride()
    .showHelpAfterError("(run with --help for usage)")
    .addHelpText(
      "after",
      "\nConfiguration comes from the environment and .env; see .env.example.\n\n" +
        "Examples:\n  ampost start\n  ampost bootstrap --json\n  ampost keys create --mode test --name laptop\n  " +
        'ampost posts create "Hello" --platforms threads --publish --wait',
    );
  program.commandsGroup("Instance commands:");
  addServers(program);
  addInstanceCommands(program);
  addBackups(program);
  addReviewPack(program);
  addPublishing(program);
  addUsers(program);
  addKeys(program);
  addOperatorKeys(program);
  addAccounts(program);
  program.commandsGroup("API commands (need an API key):");
  addClientCommands(program);
  return program;
}

function addServers(program: Command): void {
  const server = (name: string, description: string) => program.command(name).description(description);
  server("start", "run everything: API, worker and sandbox, with an embedded database by default").action(async () =>
    (await import("./servers.ts")).runServer("start"),
  );
  server("api", "run only the API; several can share a database").action(async () =>
    (await import("./servers.ts")).runServer("api"),
  );
  server("worker", "run only a worker, which publishes posts and runs background jobs")
    .addOption(new Option("--attached").hideHelp())
    .action(async (options) => (await import("./servers.ts")).runServer("worker", options));
  server("sandbox", "run only the sandbox, which simulates the platforms; needs no database")
    .addOption(new Option("--attached").hideHelp())
    .addOption(
      new Option("--tls [port]", "also answer to the platforms' host names over TLS (port 443 by default)")
        .argParser(portNumber)
        .preset("443"),
    )
    .addHelpText("after", "\nExamples:\n  ampost sandbox\n  ampost sandbox --tls 8443")
    .action(async (options) => (await import("./sandbox.ts")).runSandbox(options));
}

function addInstanceCommands(program: Command): void {
  program
    .command("migrate")
    .description("run pending database migrations (servers do this at startup)")
    .addOption(json())
    .action(async (options) => (await import("./migrate.ts")).runMigrate(options));
  program
    .command("upgrade")
    .description("say what this version would change in the database of an older one")
    .addOption(new Option("--check", "only say it").makeOptionMandatory())
    .addOption(json())
    .addHelpText("after", "\nServers migrate the database when they start, or `ampost migrate` does.")
    .action(async (options) => (await import("./upgrade.ts")).runUpgradeCheck(options));
  program
    .command("bootstrap")
    .description("create the owner, a test set with sandbox accounts and a test key; safe to run repeatedly")
    .addOption(email())
    .addOption(json())
    .addHelpText("after", '\nExample:\n  ampost bootstrap --json | grep -o \'"apiKey":"[^"]*\' | cut -d \'"\' -f 4')
    .action(async (options) => (await import("./bootstrap.ts")).runBootstrap(options));
  program
    .command("doctor")
    .description("check this installation for problems and say how to fix them")
    .option("--live", "also ask the platforms about your apps and accounts, without posting anything")
    .addOption(json())
    .action(async (options) => (await import("./doctor.ts")).runDoctor(options));
}

function addBackups(program: Command): void {
  program
    .command("backup")
    .description("write the database and the stored media to a file, while everything keeps running")
    .argument("<file>", "a new file, or s3://BUCKET/NAME")
    .addOption(json())
    .addHelpText("after", "\nExample:\n  ampost backup /var/backups/ampost-2027-01-31.tar")
    .action(async (file, options) => (await import("./backup.ts")).runBackup(file, options));
  program
    .command("restore")
    .description("restore a backup into this instance, and put publishing on hold")
    .argument("<file>", "a file written by `ampost backup`, or s3://BUCKET/NAME")
    .option("--dry-run", "check the backup and say what would be done, without doing it")
    .option("--replace", "replace everything in an instance that is not empty")
    .addOption(json())
    .addHelpText("after", "\nExample:\n  ampost restore /var/backups/ampost-2027-01-31.tar --dry-run")
    .action(async (file, options) => (await import("./backup.ts")).runRestore(file, options));
}

function addReviewPack(program: Command): void {
  program
    .command("review-pack")
    .description("print what a platform's developer portal and its reviewers ask for, and what is still open")
    .addOption(new Option("--platform <platform>", "platform key").choices(PLATFORM_NAMES).makeOptionMandatory())
    .addOption(json())
    .addHelpText("after", "\nExample:\n  ampost review-pack --platform threads > review.md")
    .action(async (options) => (await import("./review-pack.ts")).runReviewPack(options));
}

function addPublishing(program: Command): void {
  const publishing = program.command("publishing").description("see and control whether posts are published");
  publishing
    .command("status")
    .description("show whether publishing is running, paused or on hold, and why")
    .addOption(json())
    .action(async (options) => (await import("./publishing.ts")).runPublishingStatus(options));
  publishing
    .command("release")
    .description("resume publishing after the database was restored, copied or moved")
    .option("--until <time>", "of a copy: when its original stopped publishing (now by default)")
    .addOption(json())
    .action(async (options) => (await import("./publishing.ts")).runRelease(options));
  addPause(publishing, "pause", "stop publishing immediately");
  addPause(publishing, "resume", "resume what was paused");
}

function addPause(publishing: Command, name: "pause" | "resume", description: string): void {
  publishing
    .command(name)
    .description(`${description}: of the whole instance, or of one user, platform set or account`)
    .addOption(new Option("--user <user>", "only this user's posts, by email address or ID"))
    .addOption(new Option("--mode <mode>", "with --user: only in this mode").choices(["test", "live"]))
    .addOption(new Option("--set <id>", "only this platform set").conflicts(["user", "mode", "account"]))
    .addOption(new Option("--account <id>", "only this account").conflicts(["user", "mode"]))
    .addOption(json())
    .addHelpText(
      "after",
      `\nExamples:\n  ampost publishing ${name}\n  ampost publishing ${name} --user ada@example.com --mode live`,
    )
    .action(async (options) => (await import("./publishing.ts")).runPause(name, options));
}

const USER = "the user's email address or ID";

function addUsers(program: Command): void {
  const users = program.command("users").description("manage the people who sign in");
  users
    .command("limit-fees")
    .description("limit what platforms may charge for a user's posts in a month")
    .argument("<user>", USER)
    .argument("<usd>", "US dollars per calendar month (UTC), or none", amountOrNone)
    .addOption(json())
    .action(async (user, usd, options) => (await import("./users.ts")).runLimitFees(user, usd, options));
  users
    .command("reset-password")
    .description("print a link with which a user can set a new password")
    .argument("<user>", USER)
    .addOption(json())
    .action(async (user, options) => (await import("./users.ts")).runResetPassword(user, options));
  users
    .command("plan")
    .description("show or change a user's plan and limits, effective immediately")
    .argument("<user>", USER)
    .addArgument(
      new Argument("[plan]", "the new plan; default: that of the instance").choices([...Object.keys(PLANS), "default"]),
    )
    .addOption(
      new Option(
        "--limit <limit>",
        "NAME=NUMBER, NAME=none for no limit, or NAME=plan for that of the plan; repeatable",
      ).argParser(limitChange),
    )
    .addOption(json())
    .addHelpText(
      "after",
      `\nLimits: ${LIMIT_NAMES.join(", ")}\n\nExamples:\n  ampost users plan ada@example.com pro\n` +
        "  ampost users plan ada@example.com --limit postsPerMonth=1000 --limit apiRead=none",
    )
    .action(async (user, plan, options) => (await import("./users.ts")).runPlan(user, plan, options));
}

function addKeys(program: Command): void {
  const keys = program.command("keys").description("manage API keys and the encryption key");
  keys
    .command("create")
    .description("create a key and print it once")
    .addOption(
      new Option("--mode <mode>", "live: the real platforms; test: the sandbox")
        .choices(["test", "live"])
        .makeOptionMandatory(),
    )
    .requiredOption("--name <name>", "name of the key")
    .option("--expires <time>", "when the key expires, such as 2027-01-31T00:00:00Z")
    .option("--draft-only", "the key cannot schedule or publish")
    .addOption(list("--platforms <platforms...>", "the key can post only to these platforms", PLATFORM_NAMES))
    .option("--posts-per-day <number>", "maximum number of posts per day, starting at 00:00 UTC", wholeNumber)
    .option(
      "--fees-per-month <usd>",
      "maximum that platforms may charge for its posts in a month, in US dollars",
      amount,
    )
    .option("--approval-required", "a person must approve each post before the key can publish it")
    .option("--oauth-apps", "the key can list and replace the user's own OAuth apps")
    .addOption(email())
    .addOption(json())
    .addHelpText(
      "after",
      "\nExamples:\n  ampost keys create --mode live --name production\n  ampost keys create --mode live --name " +
        "writer --draft-only --posts-per-day 20",
    )
    .action(async (options) => (await import("./keys.ts")).runCreateKey(options));
  keys
    .command("list")
    .description("list all keys, without their secrets")
    .addOption(email())
    .addOption(json())
    .action(async (options) => (await import("./keys.ts")).runListKeys(options));
  keys
    .command("roll")
    .description("replace a key by one that is the same, and print it once")
    .argument("<id>", "ID of the key, from `ampost keys list`")
    .option("--overlap <seconds>", "how long the old key still works, up to a week", wholeNumber, 0)
    .addOption(email())
    .addOption(json())
    .addHelpText("after", "\nExample:\n  ampost keys roll ID --overlap 3600")
    .action(async (id, options) => (await import("./keys.ts")).runRollKey(id, options));
  keys
    .command("revoke")
    .description("revoke a key, effective within a second")
    .argument("<id>", "ID of the key, from `ampost keys list`")
    .addOption(email())
    .addOption(json())
    .action(async (id, options) => (await import("./keys.ts")).runRevokeKey(id, options));
  keys
    .command("rotate-encryption")
    .description(
      "reseal everything in the database with a new key, or the first of AMPOST_ENCRYPTION_KEY, while the servers run",
    )
    .addOption(json())
    .addHelpText(
      "after",
      "\nWith AMPOST_ENCRYPTION_KEY: first add the new key after the old one on every process (old,new),\n" +
        "then put it first (new,old), then run this, then remove the old one when `ampost doctor` says so.\n" +
        "With the generated key file, this command creates the new key, and no restart is needed.",
    )
    .action(async (options) => (await import("./rotate-encryption.ts")).runRotateEncryption(options));
}

function addOperatorKeys(program: Command): void {
  const keys = program.command("operator-keys").description("manage the keys of the admin API, which manages tenants");
  const load = () => import("./operator-keys.ts");
  keys
    .command("create")
    .description("create an operator key and print it once")
    .requiredOption("--name <name>", "name of the key")
    .option("--expires <time>", "when the key expires, such as 2027-01-31T00:00:00Z")
    .addOption(json())
    .addHelpText("after", "\nExample:\n  ampost operator-keys create --name backend")
    .action(async (options) => (await load()).runCreateOperatorKey(options));
  keys
    .command("list")
    .description("list all operator keys, without their secrets")
    .addOption(json())
    .action(async (options) => (await load()).runListOperatorKeys(options));
  keys
    .command("revoke")
    .description("revoke an operator key, effective within a second")
    .argument("<id>", "ID of the key, from `ampost operator-keys list`")
    .addOption(json())
    .action(async (id, options) => (await load()).runRevokeOperatorKey(id, options));
}

function addAccounts(program: Command): void {
  program
    .command("accounts")
    .description("manage connected accounts")
    .command("connect")
    .description("connect a sandbox account to a test set")
    .requiredOption("--set <id>", "ID of the platform set")
    .requiredOption("--platform <platform>", "platform key")
    .addOption(new Option("--email <address>", "the user whose set it is; by default, its owner"))
    .addOption(json())
    .action(async (options) => (await import("./accounts.ts")).runConnectAccount(options));
}

function email(): Option {
  return new Option("--email <address>", "act for this user instead of the owner; created if it does not exist");
}

function json(): Option {
  return new Option("--json", "print one JSON object as the last line");
}

/** Commander exits with 1 for usage errors. */
function exitCodeOf({ exitCode }: CommanderError): number {
  return exitCode === 1 ? EXIT_CODES.usageError : exitCode;
}

async function explainFailure(error: unknown): Promise<number> {
  const { sentenceOf } = await import("./answer.ts");
  console.error(sentenceOf(error));
  return EXIT_CODES.failed;
}
