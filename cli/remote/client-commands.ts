import { Argument, type Command, Option } from "commander";

import { EVENT_TYPES } from "../../model/events.ts";
import { PLATFORM_NAMES } from "../../model/platform-names.ts";
import { POST_STATUSES } from "../../model/status.ts";
import { list, webAddress, wholeNumber } from "../options.ts";
import { completionsFor, isShell, SHELL_NAMES } from "./completions.ts";

const AFTER_HELP =
  "\nThe key is the one of `ampost login`, or AMPOST_API_KEY; the address is --url, AMPOST_API_URL, that of the login, or http://localhost:3000.\nExit codes: 0 done, 1 failed, 2 wrongly called, 3 refused, 4 waited for and not (wholly) published.";

/** The commands that go over HTTP, like any other client. */
export function addClientCommands(program: Command): void {
  addLogin(program);
  addPosts(program);
  addValidate(program);
  addMedia(program);
  addSets(program);
  addAccounts(program);
  addListen(program);
  addCompletions(program);
}

/** A command that goes over HTTP. */
function remote(parent: Command, name: string, description: string, examples: readonly string[] = []): Command {
  const shown = examples.length === 0 ? "" : `\nExamples:\n${examples.map((example) => `  ${example}`).join("\n")}\n`;
  return parent
    .command(name)
    .description(description)
    .addOption(new Option("--url <url>", "where the API is").argParser(webAddress))
    .option("--json", "print JSON for machines, the answer of the API as the last line")
    .addHelpText("after", `${shown}${AFTER_HELP}`);
}

function addLogin(program: Command): void {
  remote(
    program,
    "login",
    "keep an API key for this user; it is asked for, or read from standard input or AMPOST_API_KEY",
    ["ampost login", "ampost login --url https://api.example.com < key.txt"],
  ).action(async (options) => (await import("./login.ts")).runLogin(options));
  remote(program, "logout", "forget the key").action(async (options) =>
    (await import("./login.ts")).runLogout(options),
  );
}

function addPosts(program: Command): void {
  const posts = program.command("posts").description("make posts, publish them, and see what became of them");
  drafting(
    remote(posts, "create", "make a draft, a scheduled post with --at, or publish at once with --publish", [
      'ampost posts create "Hello" --platforms threads --publish --wait',
      'ampost posts create "A film" --platforms instagram,youtube --media film.mp4 --at 2026-12-01T09:30:00Z',
      "ampost posts create --data post.json --json",
    ]),
  )
    .option("--publish", "publish it at once")
    .addOption(wait())
    .option("--idempotency-key <key>", "a text of your own: however often this is run with it, there is one post")
    .action(async (text, options) => (await import("./posts.ts")).runCreatePost(text, options));
  remote(posts, "list", "list posts, newest first", [
    "ampost posts list --status failed",
    "ampost posts list --search release --json",
  ])
    .addOption(new Option("--status <status>", "only posts in this status").choices(POST_STATUSES))
    .addOption(new Option("--platform <platform>", "only posts to this platform").choices(PLATFORM_NAMES))
    .option("--search <text>", "only posts with this in one of their texts")
    .option("--from <time>", "only posts created at this time or later")
    .option("--to <time>", "only posts created before this time")
    .option("--limit <number>", "how many, at most 100", wholeNumber, 20)
    .option("--cursor <cursor>", "the page after the one whose nextCursor this is")
    .addOption(new Option("--all", "all there are").conflicts("cursor"))
    .action(async (options) => (await import("./posts.ts")).runListPosts(options));
  const one = (name: string, description: string, examples: readonly string[] = []) =>
    remote(posts, name, description, examples).argument("<id>", "the post's id");
  one("get", "show a post").action(async (id, options) => (await import("./posts.ts")).runGetPost(id, options));
  one("publish", "publish a draft or scheduled post now", ["ampost posts publish ID --wait"])
    .addOption(wait())
    .action(async (id, options) => (await import("./posts.ts")).runPublishPost(id, options));
  one("retry", "publish again what failed", ["ampost posts retry ID --platforms threads --force --wait"])
    .addOption(platforms("only these"))
    .option("--force", "also what is unknown and may be live already")
    .addOption(wait())
    .action(async (id, options) => (await import("./posts.ts")).runRetryPost(id, options));
  one("cancel", "discard what is not published yet").action(async (id, options) =>
    (await import("./posts.ts")).runCancelPost(id, options),
  );
  one("watch", "follow a post until it is settled").action(async (id, options) =>
    (await import("./posts.ts")).runWatchPost(id, options),
  );
  one("attempts", "show every step and every call to the platforms").action(async (id, options) =>
    (await import("./posts.ts")).runListAttempts(id, options),
  );
}

function addValidate(program: Command): void {
  drafting(
    remote(program, "validate", "say everything that is wrong with a post, without storing it", [
      'ampost validate "Is this short enough?" --platforms twitter,threads',
    ]),
  ).action(async (text, options) => (await import("./posts.ts")).runValidate(text, options));
}

function drafting(command: Command): Command {
  return command
    .argument("[text]", "what is said; - reads it from standard input")
    .addOption(platforms("where it goes"))
    .option("--set <id>", "the platform set; the default one where it is left out")
    .addOption(
      new Option(
        "--media <file>",
        "a file, a URL, or the id of what was uploaded; may be given several times",
      ).argParser((value, before: string[] | undefined) => [...(before ?? []), value]),
    )
    .option("--link <url>", "a link to include")
    .option("--at <time>", "when to publish, such as 2026-12-01T09:30:00Z")
    .option("--data <file>", "the whole post as JSON, the body of POST /api/v1/posts; - reads it from standard input");
}

function addMedia(program: Command): void {
  remote(
    program.command("media").description("images and videos for posts"),
    "upload",
    "upload a file, and go on after a break",
    ["ampost media upload film.mp4", "ampost media upload film.mp4 --resume ID"],
  )
    .argument("<file>", "an image or a video")
    .option("--name <name>", "what to call it")
    .option("--resume <id>", "go on with an upload that broke off")
    .action(async (file, options) => (await import("./media.ts")).runUploadMedia(file, options));
}

function addSets(program: Command): void {
  const sets = program.command("sets").description("platform sets: groups of accounts that posts go to");
  const load = () => import("./sets.ts");
  remote(sets, "list", "list platform sets").action(async (options) => (await load()).runListSets(options));
  remote(sets, "create", "make a platform set", ['ampost sets create "Client accounts"'])
    .argument("<name>")
    .action(async (name, options) => (await load()).runCreateSet(name, options));
  remote(sets, "rename", "give a platform set another name")
    .argument("<id>")
    .argument("<name>")
    .action(async (id, name, options) => (await load()).runRenameSet(id, name, options));
  remote(sets, "delete", "delete a platform set and disconnect its accounts")
    .argument("<id>")
    .option("--yes", "without being asked, as in a script")
    .action(async (id, options) => (await load()).runDeleteSet(id, options));
}

/** Beside `accounts connect`, which works on the instance's own database. */
function addAccounts(program: Command): void {
  const accounts = program.commands.find((command) => command.name() === "accounts") ?? program.command("accounts");
  remote(accounts, "list", "list the connected accounts, and whether their access holds")
    .addOption(new Option("--platform <platform>", "only of this platform").choices(PLATFORM_NAMES))
    .option("--set <id>", "only in this platform set")
    .action(async (options) => (await import("./connected-accounts.ts")).runListAccounts(options));
  remote(accounts, "get", "show an account")
    .argument("<id>", "the account's id")
    .action(async (id, options) => (await import("./connected-accounts.ts")).runGetAccount(id, options));
}

function addListen(program: Command): void {
  remote(program, "listen", "hand events on to a program of this machine as a webhook would, each once, until Ctrl-C", [
    "ampost listen --forward http://localhost:8080/ampost-events --events post.published,post.failed",
  ])
    .requiredOption("--forward <url>", "where they go")
    .addOption(list("--events <events>", "only these, with commas between them", EVENT_TYPES))
    .action(async (options) => (await import("./listen.ts")).runListen(options));
}

function addCompletions(program: Command): void {
  program
    .command("completions")
    .description("print a script by which a shell completes these commands")
    .addArgument(new Argument("<shell>", "the shell").choices(SHELL_NAMES))
    .addHelpText(
      "after",
      "\nExamples:\n  source <(ampost completions bash)\n  source <(ampost completions zsh)\n  ampost completions fish > ~/.config/fish/completions/ampost.fish",
    )
    .action((shell) => {
      if (isShell(shell)) console.log(completionsFor(shell, program));
    });
}

function wait(): Option {
  return new Option("--wait", "follow it until it is settled");
}

function platforms(description: string): Option {
  return list("--platforms <platforms>", `${description}, with commas between them`, PLATFORM_NAMES);
}
