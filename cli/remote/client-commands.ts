import { Argument, type Command, InvalidArgumentError, Option } from "commander";

import { EVENT_TYPES } from "../../model/events.ts";
import { PLATFORM_NAMES } from "../../model/platform-names.ts";
import { CONNECT_LINK_STATUSES, POST_STATUSES } from "../../model/status.ts";
import { list, webAddress, wholeNumber } from "../options.ts";
import { completionsFor, isShell, SHELL_NAMES } from "./completions.ts";

const AFTER_HELP =
  "\nThe API key comes from `ampost login` or AMPOST_API_KEY. " +
  "The URL comes from --url, AMPOST_API_URL or the login, and defaults to http://localhost:3000.\n" +
  "Exit codes: 0 done, 1 failed, 2 usage error, 3 rejected by the API, 4 not (fully) published after waiting.";

/** The commands that run over HTTP, like any other client. */
export function addClientCommands(program: Command): void {
  addLogin(program);
  addPosts(program);
  addValidate(program);
  addMedia(program);
  addSets(program);
  addAccounts(program);
  addConnectLinks(program);
  addPlatforms(program);
  addWebhooks(program);
  addListen(program);
  addTenants(program);
  addCompletions(program);
}

/** A command that runs over HTTP. */
function remote(parent: Command, name: string, description: string, examples: readonly string[] = []): Command {
  const shown = examples.length === 0 ? "" : `\nExamples:\n${examples.map((example) => `  ${example}`).join("\n")}\n`;
  return parent
    .command(name)
    .description(description)
    .addOption(new Option("--url <url>", "URL of the API").argParser(webAddress))
    .option("--json", "print JSON, with the API's response as the last line")
    .addHelpText("after", `${shown}${AFTER_HELP}`);
}

function addLogin(program: Command): void {
  remote(
    program,
    "login",
    "save an API key for this user, entered at the prompt or read from standard input or AMPOST_API_KEY",
    ["ampost login", "ampost login --url https://api.example.com < key.txt"],
  ).action(async (options) => (await import("./login.ts")).runLogin(options));
  remote(program, "logout", "delete the saved key").action(async (options) =>
    (await import("./login.ts")).runLogout(options),
  );
}

function addPosts(program: Command): void {
  const posts = program.command("posts").description("create and publish posts and see their results");
  drafting(
    remote(posts, "create", "create a draft, schedule it with --at, or publish it immediately with --publish", [
      'ampost posts create "Hello" --platforms threads --publish --wait',
      'ampost posts create "A film" --platforms instagram,youtube --media film.mp4 --at 2026-12-01T09:30:00Z',
      'ampost posts create "A film" --platforms threads,youtube --media photo.jpg --media-for youtube=film.mp4',
      "ampost posts create --data post.json --json",
    ]),
  )
    .option("--publish", "publish immediately")
    .addOption(wait())
    .option(
      "--idempotency-key <key>",
      "unique value; running the command again with the same value does not create another post",
    )
    .action(async (text, options) => (await import("./posts.ts")).runCreatePost(text, options));
  remote(posts, "import", "create a post for each row of a CSV file; - reads it from standard input", [
    "ampost posts import campaign.csv --dry-run",
    "ampost posts import campaign.csv --time-zone Europe/Berlin",
  ])
    .argument("<file>", "CSV file with the columns text and platforms, and any of those in the documentation")
    .option("--dry-run", "report every problem by line without creating anything")
    .option("--set <id>", "ID of the platform set of rows without one (default: the default set)")
    .option("--time-zone <zone>", "time zone of rows without one, for times without offset")
    .action(async (file, options) => (await import("./import.ts")).runImportPosts(file, options));
  remote(posts, "list", "list posts, newest first", [
    "ampost posts list --status failed",
    "ampost posts list --search release --json",
  ])
    .addOption(new Option("--status <status>", "only posts with this status").choices(POST_STATUSES))
    .addOption(new Option("--platform <platform>", "only posts to this platform").choices(PLATFORM_NAMES))
    .option("--search <text>", "only posts that contain this text")
    .option("--from <time>", "only posts created at or after this time")
    .option("--to <time>", "only posts created before this time")
    .option("--limit <number>", "number of posts, at most 100", wholeNumber, 20)
    .option("--cursor <cursor>", "nextCursor from the previous page")
    .addOption(new Option("--all", "all posts").conflicts("cursor"))
    .action(async (options) => (await import("./posts.ts")).runListPosts(options));
  const one = (name: string, description: string, examples: readonly string[] = []) =>
    remote(posts, name, description, examples).argument("<id>", "ID of the post");
  scheduling(
    one("edit", "change a draft or scheduled post", [
      'ampost posts edit ID "A better text"',
      "ampost posts edit ID --at 2026-12-01T09:30:00Z",
      "ampost posts edit ID --at none",
    ]).argument("[text]", "the new text; - reads it from standard input"),
    "when to publish, such as 2026-12-01T09:30:00Z, or none for a draft",
  )
    .addOption(platforms("platforms to publish to"))
    .option("--link <url>", "link to include, or none")
    .option("--data <file>", "file with changes as JSON, as in PATCH /api/v1/posts/:id; - reads it from standard input")
    .action(async (id, text, options) => (await import("./posts.ts")).runEditPost(id, text, options));
  one("get", "show a post").action(async (id, options) => (await import("./posts.ts")).runGetPost(id, options));
  one("publish", "publish a draft or scheduled post now", ["ampost posts publish ID --wait"])
    .addOption(wait())
    .action(async (id, options) => (await import("./posts.ts")).runPublishPost(id, options));
  one("retry", "retry failed platforms", ["ampost posts retry ID --platforms threads --force --wait"])
    .addOption(platforms("only these platforms"))
    .option("--force", "also retry unknown ones, which may already be live")
    .addOption(wait())
    .action(async (id, options) => (await import("./posts.ts")).runRetryPost(id, options));
  remote(posts, "cancel", "discard posts; anything already published stays", ["ampost posts cancel ID ID"])
    .argument("<ids...>", "IDs of the posts")
    .action(async (ids, options) => (await import("./posts.ts")).runCancelPosts(ids, options));
  one("watch", "follow a post until it is settled").action(async (id, options) =>
    (await import("./posts.ts")).runWatchPost(id, options),
  );
  one("attempts", "show every step and every request to the platforms").action(async (id, options) =>
    (await import("./posts.ts")).runListAttempts(id, options),
  );
}

function addValidate(program: Command): void {
  drafting(
    remote(program, "validate", "check a post for problems without storing it", [
      'ampost validate "Is this short enough?" --platforms twitter,threads',
    ]),
  ).action(async (text, options) => (await import("./posts.ts")).runValidate(text, options));
}

function scheduling(command: Command, at: string): Command {
  return command
    .option("--at <time>", at)
    .option("--time-zone <zone>", "time zone of a --at without offset, such as Europe/Berlin")
    .option("--spread", "use the next free time if a platform's limits leave no room at that time");
}

function drafting(command: Command): Command {
  return scheduling(command, "when to publish, such as 2026-12-01T09:30:00Z")
    .argument("[text]", "text of the post; - reads it from standard input")
    .addOption(platforms("platforms to publish to"))
    .option("--set <id>", "ID of the platform set (default: the default set)")
    .addOption(
      new Option("--media <file>", "a file, a URL, or the ID of an uploaded file; can be repeated").argParser(
        (value, before: string[] | undefined) => [...(before ?? []), value],
      ),
    )
    .addOption(
      new Option(
        "--media-for <platform=file>",
        "the same for one platform, instead of --media, such as youtube=film.mp4; can be repeated",
      ).argParser((value, before: string[] | undefined) => [...(before ?? []), value]),
    )
    .option("--link <url>", "link to include")
    .addOption(
      new Option("--next-posting-time", "schedule it for the next free posting time of its accounts").conflicts("at"),
    )
    .option(
      "--data <file>",
      "file with the whole post as JSON, as in POST /api/v1/posts; - reads it from standard input",
    );
}

function addMedia(program: Command): void {
  const media = program.command("media").description("manage images and videos for posts");
  remote(media, "upload", "upload a file; interrupted uploads can be resumed", [
    "ampost media upload film.mp4",
    "ampost media upload film.mp4 --resume ID",
  ])
    .argument("<file>", "image or video file")
    .option("--name <name>", "name of the file")
    .option("--resume <id>", "resume an interrupted upload")
    .action(async (file, options) => (await import("./media.ts")).runUploadMedia(file, options));
  newest(remote(media, "list", "list media, newest first"), "files").action(async (options) =>
    (await import("./media.ts")).runListMedia(options),
  );
}

function newest(command: Command, what: string): Command {
  return command.option("--limit <number>", `number of ${what}, at most 100`, wholeNumber, 20);
}

const weeklyTimes = () =>
  new Option("--at <day and times>", 'such as "monday 09:30,17:00"; can be repeated').argParser(
    (value, before: string[] | undefined) => [...(before ?? []), value],
  );
const TIMES_ZONE = "time zone of the times, such as Europe/Berlin (default: the one before, or UTC)";

function addSets(program: Command): void {
  const sets = program.command("sets").description("manage platform sets: groups of accounts that publish posts");
  const load = () => import("./sets.ts");
  remote(sets, "list", "list platform sets").action(async (options) => (await load()).runListSets(options));
  remote(sets, "create", "create a platform set", ['ampost sets create "Client accounts"'])
    .argument("<name>")
    .action(async (name, options) => (await load()).runCreateSet(name, options));
  remote(sets, "rename", "rename a platform set")
    .argument("<id>")
    .argument("<name>")
    .action(async (id, name, options) => (await load()).runRenameSet(id, name, options));
  remote(sets, "posting-times", "show the posting times of a platform set, or replace them with --at", [
    'ampost sets posting-times ID --time-zone Europe/Berlin --at "monday 09:30,17:00" --at "thursday 09:30"',
    "ampost sets posting-times ID --none",
  ])
    .argument("<id>")
    .addOption(weeklyTimes())
    .option("--time-zone <zone>", TIMES_ZONE)
    .addOption(new Option("--none", "remove all").conflicts(["at", "timeZone"]))
    .action(async (id, options) => (await load()).runPostingTimes(id, options));
  remote(sets, "delete", "delete a platform set and disconnect its accounts")
    .argument("<id>")
    .option("--yes", "do not ask for confirmation")
    .action(async (id, options) => (await load()).runDeleteSet(id, options));
}

/** Alongside `accounts connect`, which uses the instance's own database. */
function addAccounts(program: Command): void {
  const accounts = program.commands.find((command) => command.name() === "accounts") ?? program.command("accounts");
  remote(accounts, "list", "list connected accounts and their token health")
    .addOption(new Option("--platform <platform>", "only accounts on this platform").choices(PLATFORM_NAMES))
    .option("--set <id>", "only accounts in this platform set")
    .action(async (options) => (await import("./connected-accounts.ts")).runListAccounts(options));
  remote(accounts, "get", "show an account")
    .argument("<id>", "ID of the account")
    .action(async (id, options) => (await import("./connected-accounts.ts")).runGetAccount(id, options));
  remote(accounts, "posting-times", "show the posting times of an account, or give it times of its own with --at", [
    'ampost accounts posting-times ID --time-zone Europe/Berlin --at "tuesday 12:00"',
    "ampost accounts posting-times ID --follow-set",
  ])
    .argument("<id>", "ID of the account")
    .addOption(weeklyTimes())
    .option("--time-zone <zone>", TIMES_ZONE)
    .addOption(new Option("--follow-set", "follow the platform set again").conflicts(["at", "timeZone"]))
    .action(async (id, options) => (await import("./connected-accounts.ts")).runAccountPostingTimes(id, options));
}

function addConnectLinks(program: Command): void {
  const links = program
    .command("connect-links")
    .description("manage links with which others connect an account, without a login");
  const load = () => import("./connect-links.ts");
  remote(links, "create", "create a link and print it once", [
    "ampost connect-links create --platform threads --external-id customer-4711",
  ])
    .addOption(new Option("--platform <platform>", "only this platform").choices(PLATFORM_NAMES))
    .option("--set <id>", "ID of the platform set (default: the default set)")
    .option("--external-id <id>", "your ID for the account's owner")
    .option("--return-url <url>", "where to send the browser afterwards")
    .option("--expires-in <seconds>", "how long it works (default: a day)", wholeNumber)
    .action(async (options) => (await load()).runCreateConnectLink(options));
  newest(remote(links, "list", "list links, newest first"), "links")
    .addOption(new Option("--status <status>", "only links with this status").choices(CONNECT_LINK_STATUSES))
    .option("--external-id <id>", "only links with this ID of yours")
    .action(async (options) => (await load()).runListConnectLinks(options));
  remote(links, "revoke", "revoke a link that has not been used")
    .argument("<id>", "ID of the link")
    .action(async (id, options) => (await load()).runRevokeConnectLink(id, options));
}

function addPlatforms(program: Command): void {
  remote(program, "platforms", "list platforms, or show what one accepts", ["ampost platforms threads"])
    .addArgument(new Argument("[platform]", "platform key").choices(PLATFORM_NAMES))
    .action(async (name, options) => (await import("./platforms.ts")).runShowPlatforms(name, options));
}

function addWebhooks(program: Command): void {
  const webhooks = program.command("webhooks").description("manage webhooks, which send events to a URL");
  const load = () => import("./webhooks.ts");
  const one = (name: string, description: string) =>
    remote(webhooks, name, description).argument("<id>", "ID of the webhook");
  remote(webhooks, "list", "list webhooks").action(async (options) => (await load()).runListWebhooks(options));
  remote(webhooks, "create", "create a webhook and print its secret once", [
    "ampost webhooks create https://app.example.com/ampost-events --events post.published,post.failed",
  ])
    .argument("<url>", "URL to send events to")
    .addOption(list("--events <events>", "only these events, separated by commas", EVENT_TYPES))
    .option("--description <text>", "a note for your own use")
    .action(async (url, options) => (await load()).runCreateWebhook(url, options));
  one("test", "send an event of type webhook.test").action(async (id, options) =>
    (await load()).runTestWebhook(id, options),
  );
  newest(one("deliveries", "list deliveries of the last 30 days, newest first"), "deliveries").action(
    async (id, options) => (await load()).runListDeliveries(id, options),
  );
  one("delete", "delete a webhook").action(async (id, options) => (await load()).runDeleteWebhook(id, options));
}

function addListen(program: Command): void {
  remote(program, "listen", "forward webhook events to a local program until Ctrl-C", [
    "ampost listen --forward http://localhost:8080/ampost-events --events post.published,post.failed",
  ])
    .requiredOption("--forward <url>", "URL to forward events to")
    .addOption(list("--events <events>", "only these events, separated by commas", EVENT_TYPES))
    .action(async (options) => (await import("./listen.ts")).runListen(options));
}

/** For the operator: they need an operator key instead of an API key. */
function addTenants(program: Command): void {
  const tenants = program.command("tenants").description("manage the instance's users, with AMPOST_OPERATOR_KEY");
  const load = () => import("./tenants.ts");
  const one = (name: string, description: string, examples: readonly string[] = []) =>
    remote(tenants, name, description, examples).argument("<id>", "ID of the tenant");
  remote(tenants, "list", "list tenants, newest first", ["ampost tenants list --external-id customer-4711"])
    .addOption(new Option("--status <status>", "only tenants with this status").choices(["active", "suspended"]))
    .option("--external-id <id>", "only the tenant with this ID of yours")
    .option("--limit <number>", "number of tenants, at most 100", wholeNumber, 20)
    .option("--cursor <cursor>", "nextCursor from the previous page")
    .action(async (options) => (await load()).runListTenants(options));
  tenantFields(
    remote(tenants, "create", "create a tenant, which needs no password", [
      "ampost tenants create Acme --external-id customer-4711 --plan pro",
    ]).argument("<name>", "name of the tenant"),
  ).action(async (name, options) => (await load()).runCreateTenant(name, options));
  one("get", "show a tenant").action(async (id, options) => (await load()).runGetTenant(id, options));
  tenantFields(
    one("update", "change a tenant's name, ID, plan or limits", [
      "ampost tenants update ID --plan scale",
      "ampost tenants update ID --limit postsPerMonth=20000 --limit apiRead=none",
    ]).option("--name <name>", "name of the tenant"),
  ).action(async (id, options) => (await load()).runUpdateTenant(id, options));
  one("suspend", "reject a tenant's keys and sessions, and pause its publishing").action(async (id, options) =>
    (await load()).runSetTenantStatus(id, "suspended", options),
  );
  one("resume", "end a suspension").action(async (id, options) =>
    (await load()).runSetTenantStatus(id, "active", options),
  );
  one("delete", "delete a tenant with everything of it")
    .option("--yes", "do not ask for confirmation")
    .action(async (id, options) => (await load()).runDeleteTenant(id, options));
  one("keys", "list a tenant's API keys").action(async (id, options) => (await load()).runListTenantKeys(id, options));
  one("create-key", "create an API key for a tenant and print it once", [
    "ampost tenants create-key ID --mode live --name production",
  ])
    .addOption(
      new Option("--mode <mode>", "live: the real platforms; test: the sandbox")
        .choices(["test", "live"])
        .makeOptionMandatory(),
    )
    .requiredOption("--name <name>", "name of the key")
    .option("--expires <time>", "when the key expires, such as 2027-01-31T00:00:00Z")
    .action(async (id, options) => (await load()).runCreateTenantKey(id, options));
  one("roll-key", "replace an API key of a tenant by one that is the same, and print it once")
    .argument("<keyId>", "ID of the key")
    .option("--overlap <seconds>", "how long the old key still works", wholeNumber)
    .action(async (id, keyId, options) => (await load()).runRollTenantKey(id, keyId, options));
  one("revoke-key", "revoke a tenant's API key, effective within a second")
    .argument("<keyId>", "ID of the key")
    .action(async (id, keyId, options) => (await load()).runRevokeTenantKey(id, keyId, options));
  one("brand", "change how a tenant looks on pages and in emails; none removes a part", [
    'ampost tenants brand ID --name "Acme Social" --logo logo.png --support help@example.com',
    "ampost tenants brand ID --logo none",
  ])
    .option("--name <name>", "name instead of the instance's")
    .option("--logo <file>", "PNG file of at most 64 kB, and 1024 pixels wide and high")
    .option("--color <color>", "color of the main buttons on light pages, such as #0a58b8")
    .option("--dark-color <color>", "the same on dark pages")
    .option("--support <address>", "email address or https URL for questions")
    .action(async (id, options) => (await load()).runBrandTenant(id, options));
  const platform = () => new Argument("<platform>", "platform key").choices(PLATFORM_NAMES);
  const mode = () => new Option("--mode <mode>", "mode of the app").choices(["live", "test"]).default("live");
  one("apps", "list a tenant's own apps on the platforms")
    .addOption(mode())
    .action(async (id, options) => (await load()).runListTenantApps(id, options));
  one("set-app", "connect a tenant's future accounts through an app of its own, with the secret from standard input", [
    "ampost tenants set-app ID threads --client-id 1234567890 < secret.txt",
  ])
    .addArgument(platform())
    .requiredOption("--client-id <id>", "client ID of the app")
    .addOption(mode())
    .action(async (id, on, options) => (await load()).runSaveTenantApp(id, on, options));
  one("remove-app", "connect a tenant's future accounts through the instance's app again")
    .addArgument(platform())
    .addOption(mode())
    .action(async (id, on, options) => (await load()).runDeleteTenantApp(id, on, options));
}

function tenantFields(command: Command): Command {
  return command
    .option("--external-id <id>", "your ID for the tenant")
    .option("--email <address>", "email address with which a person can sign in")
    .option("--plan <plan>", "plan: free, creator, pro, scale, self-hosted, or default for the instance's")
    .addOption(
      new Option(
        "--limit <name=number>",
        "a limit that differs from the plan's, or none for no limit; can be repeated; replaces earlier ones",
      ).argParser(limitOf),
    );
}

function limitOf(text: string, before: Record<string, number | null> | undefined): Record<string, number | null> {
  const [, name, value] = /^(\w+)=(\d+|none)$/.exec(text) ?? [];
  if (name === undefined)
    throw new InvalidArgumentError("It must be a name and a number, such as postsPerMonth=20000.");
  return { ...before, [name]: value === "none" ? null : Number(value) };
}

function addCompletions(program: Command): void {
  program
    .command("completions")
    .description("print a shell completion script")
    .addArgument(new Argument("<shell>", "shell").choices(SHELL_NAMES))
    .addHelpText(
      "after",
      "\nExamples:\n  source <(ampost completions bash)\n  source <(ampost completions zsh)\n  ampost completions " +
        "fish > ~/.config/fish/completions/ampost.fish",
    )
    .action((shell) => {
      if (isShell(shell)) console.log(completionsFor(shell, program));
    });
}

function wait(): Option {
  return new Option("--wait", "wait until it is settled");
}

function platforms(description: string): Option {
  return list("--platforms <platforms>", `${description}, separated by commas`, PLATFORM_NAMES);
}
