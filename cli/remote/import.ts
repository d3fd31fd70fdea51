import { createHash } from "node:crypto";

import { CsvError, parse } from "csv-parse/sync";

import { AmpostError, type Client, type Issue, type NewPost, type Platform, type Post } from "../../client/index.ts";
import { answer } from "../answer.ts";
import { EXIT_CODES } from "../exit-codes.ts";
import { type ClientOptions, readInput, usageError, withClient } from "./client-command.ts";
import { defaultSet, isId, readNamed } from "./posts.ts";
import { coloured, issueLines, plain } from "./show.ts";

const COLUMNS = [
  "id",
  "text",
  "platforms",
  "scheduledFor",
  "timeZone",
  "media",
  "linkUrl",
  "platformSetId",
  "spread",
  "nextPostingTime",
] as const;
type Column = (typeof COLUMNS)[number];
type Row = Partial<Record<Column, string>>;

/** What became of a row: a post, or nothing and why. `post` is null in a dry run. */
interface Imported {
  line: number;
  post: Post | null;
  issues: readonly Issue[];
  error: string | null;
}

/** Posts that are created at the same time. */
const AT_ONCE = 4;

/**
 * Creates a post for each row of a CSV file, or with `dryRun` only reports every issue. A row that was imported before
 * is not imported again.
 */
export async function runImportPosts(
  file: string,
  options: ClientOptions & { dryRun?: boolean; set?: string; timeZone?: string },
): Promise<void> {
  const rows = readRows(file === "-" ? await readInput() : await readNamed(file));
  await withClient(options, async (client) => {
    const set = options.set ?? (await defaultSet(client));
    const keys = keysOf(rows);
    const done: Imported[] = [];
    const waiting = rows.entries();
    const work = async () => {
      for (const [index, { line, row }] of waiting) {
        const draft = draftOf(row, { platformSetId: set, timeZone: options.timeZone });
        done[index] = {
          line,
          ...(await imported(client, draft, options.dryRun === true ? null : (keys[index] ?? ""))),
        };
      }
    };
    // Posting times are given out in the order of the rows.
    const isInOrder = rows.some(({ row }) => isYes(row.nextPostingTime));
    await Promise.all(Array.from({ length: isInOrder ? 1 : AT_ONCE }, work));
    const wrong = done.filter(({ error }) => error !== null);
    answer(options, { rows: done }, [
      ...done.flatMap((each) => linesOf(each)),
      `${rows.length} rows: ${rows.length - wrong.length} ${options.dryRun ? "valid" : "imported"}, ` +
        `${wrong.length} with problems`,
    ]);
    if (wrong.length > 0) process.exitCode = EXIT_CODES.refused;
  });
}

/** Without a key, the post is only validated. What the API rejects is told of the row; other failures end everything. */
async function imported(client: Client, draft: NewPost, key: string | null): Promise<Omit<Imported, "line">> {
  try {
    if (key !== null) {
      const { post } = await client.posts.create(draft, { idempotencyKey: key });
      return { post, issues: [], error: null };
    }
    const { valid, issues } = await client.posts.validate(draft);
    return { post: null, issues, error: valid ? null : (issues[0]?.message ?? "") };
  } catch (error) {
    if (!(error instanceof AmpostError) || error.status === null || error.status === 401 || error.status >= 500)
      throw error;
    return { post: null, issues: error.issues, error: error.message };
  }
}

function linesOf({ line, post, issues, error }: Imported): string[] {
  if (error === null) return post === null ? [] : [`Line ${line}  ${post.id}  ${post.status}`];
  const told = issues.length > 0 ? issueLines(issues) : [plain(error)];
  return [coloured("red", `Line ${line}`), ...told.map((each) => `  ${each}`)];
}

/** The rows with their lines in the file, empty cells left out. */
function readRows(text: string): { line: number; row: Row }[] {
  const records = parseCsv(text);
  const names = Object.keys(records[0]?.record ?? {});
  const unknown = names.filter((name) => !COLUMNS.some((column) => column === name));
  if (records.length === 0) usageError("The file has no rows. Its first line must have the names of the columns.");
  if (unknown.length > 0) usageError(`Unknown columns: ${unknown.join(", ")}. The columns are ${COLUMNS.join(", ")}.`);
  return records.map(({ record, info: { lines } }) => ({
    line: lines,
    row: Object.fromEntries(Object.entries(record).filter(([, cell]) => cell.trim() !== "")),
  }));
}

function parseCsv(text: string): { record: Record<string, string>; info: { lines: number } }[] {
  try {
    return parse(text, {
      columns: true,
      bom: true,
      info: true,
      skip_empty_lines: true,
      // Spreadsheets write semicolons where a comma separates decimals.
      delimiter: [";", "\t"].find((sign) => (text.split("\n")[0] ?? "").includes(sign)) ?? ",",
    });
  } catch (error) {
    if (error instanceof CsvError) usageError(`The file is not valid CSV: ${error.message}.`);
    throw error;
  }
}

function draftOf(row: Row, { platformSetId, timeZone }: { platformSetId: string; timeZone?: string }): NewPost {
  const zone = row.timeZone ?? timeZone;
  const media = words(row.media).map((each) => (isId(each) ? { id: each } : { url: each }));
  // The API reports names that are no platforms.
  const platforms: Platform[] = Object(words(row.platforms));
  return {
    content: {
      text: row.text ?? "",
      ...(media.length > 0 && { media }),
      ...(row.linkUrl !== undefined && { linkUrl: row.linkUrl }),
    },
    platforms,
    platformSetId: row.platformSetId ?? platformSetId,
    ...(row.scheduledFor !== undefined && { scheduledFor: row.scheduledFor.trim().replace(" ", "T") }),
    ...(zone !== undefined && { timeZone: zone }),
    ...(row.spread !== undefined && { spread: isYes(row.spread) }),
    ...(isYes(row.nextPostingTime) && { nextPostingTime: true }),
  };
}

function isYes(cell = ""): boolean {
  return /^(true|yes|1)$/i.test(cell.trim());
}

function words(cell = ""): string[] {
  return cell.split(/[\s,;]+/).filter((word) => word !== "");
}

/** An idempotency key for each row: from its `id`, or else from what it says and how often that was there before. */
function keysOf(rows: readonly { row: Row }[]): string[] {
  const seen = new Map<string, number>();
  return rows.map(({ row }) => {
    const said = row.id ?? JSON.stringify(cellsOf(row));
    const times = row.id === undefined ? (seen.get(said) ?? 0) : 0;
    seen.set(said, times + 1);
    return `import-${createHash("sha256")
      .update(`${row.id === undefined ? times : "id"} ${said}`)
      .digest("hex")}`;
  });
}

/** What a row says. Columns that were added later count only if they are used, so that earlier files keep their keys. */
function cellsOf(row: Row): (string | null)[] {
  return COLUMNS.flatMap((column) =>
    column === "nextPostingTime" && row[column] === undefined ? [] : [row[column] ?? null],
  );
}
