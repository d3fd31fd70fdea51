import { blockPosts } from "../server/jobs/search-blocks.ts";
import type { Benchmark, Row, Workspace } from "./benchmark.ts";
import { drive } from "./drive.ts";
import { install, type Installation } from "./installation.ts";
import { median, show, showMilliseconds, showSeconds, showTimes } from "./numbers.ts";
import { createTestUsers, headersOf, type TestUser } from "./test-users.ts";

const MANY = 1_000_000;
const FEW = 1_000;
const OTHERS = 1_000;
/** Posts of each of the others. */
const OF_OTHERS = 200;
/** A search reads blocks, which a worker makes later; making them for all would take half an hour. */
const SEARCHED = 100_000;
/** Rare posts of each person, however many others they have: a page shows the same number of them. */
const RARE = 40;
const ROUNDS = 3;
const ROUND_SECONDS = 1;
const FLAT = 1.25;

const DAY_MILLISECONDS = 86_400_000;
const timesAgo = (days: number) => new Date(Date.now() - days * DAY_MILLISECONDS).toISOString();

/** Posts are spread over a year. One in ten is scheduled. */
const QUERIES: Record<string, string> = {
  "no filter": "",
  "`status`": "&status=scheduled",
  "a rare `platform`": "&platform=linkedin",
  "`status` and a rare `platform`": "&status=scheduled&platform=linkedin",
  "a `platform` of none": "&platform=tiktok",
  "`from` and `to` of an hour": `&from=${timesAgo(100)}&to=${timesAgo(100 - 1 / 24)}`,
  "`scheduledFrom`": `&scheduledFrom=${new Date().toISOString()}`,
};

const SEARCHES: Record<string, string> = {
  "`search` for a rare word": "&search=zebra777",
  "`search` for what is nowhere": "&search=quokka",
  "`search` for a common word": "&search=usual",
};

export const listFilters: Benchmark = {
  name: "list-filters",
  title: "Find posts among a million",
  about:
    `\`GET /api/v1/posts\` (twenty posts and the exact total), one connection: by a user with ${show(MANY)} posts, and by ` +
    `one with ${show(FEW)} (the raw limit), beside ${show(OTHERS)} users with ${OF_OTHERS} each, in one database. ` +
    `Of each user's posts, ${2 * RARE} are for a second platform, and ${RARE} have the rare word. ` +
    `Searches by a user with ${show(SEARCHED)} posts in blocks. Medians of the ratios of the p50s in ${ROUNDS} rounds of ` +
    `${ROUND_SECONDS} s. Flat means: within ${showTimes(FLAT)}.`,
  async measure(workspace) {
    const installation = await install(workspace, "data", { AMPOST_SCHEDULING: "all" });
    const sandbox = await installation.start("sandbox");
    const [rich, searching, poor] = await createTestUsers(installation, 3);
    await sandbox.stop();
    if (rich === undefined || searching === undefined || poor === undefined) throw new Error("There are no users");
    await store(installation, workspace, poor, FEW);
    await store(installation, workspace, searching, SEARCHED);
    const begun = performance.now();
    await blockPosts({ pool: installation.pool, log: console }, new AbortController().signal);
    workspace.say(`made searchable in ${showSeconds(performance.now() - begun)}`);
    await store(installation, workspace, rich, MANY);
    await storeOthers(installation);
    await installation.pool.query("vacuum analyze");
    await installation.start("api");
    const rows: Row[] = [];
    for (const [what, query] of Object.entries(QUERIES))
      rows.push(await compare(installation, what, query, { many: rich, few: poor }));
    workspace.say("lists measured");
    for (const [what, query] of Object.entries(SEARCHES))
      rows.push(await compare(installation, what, query, { many: searching, few: poor }));
    return rows;
  },
};

async function store({ pool }: Installation, { say }: Workspace, person: TestUser, count: number): Promise<void> {
  const { rows } = await pool.query<{ id: string }>("select id from accounts where user_id = $1", [person.userId]);
  await pool.query(STORE, [person.userId, person.platformSetId, rows[0]?.id, count, YEAR_SECONDS, count / RARE]);
  await pool.query(COUNT, [person.userId]);
  say(`${show(count)} posts stored`);
}

const YEAR_SECONDS = 365 * 86_400;

/** Posts as a create leaves them, the oldest first. */
const STORE = `
  with post as (
    insert into posts (id, user_id, mode, platform_set_id, status, scheduled_for, content, platforms, created_at)
    select id, $1, 'test', $2::uuid, case when n % 10 = 0 then 'scheduled' else 'draft' end,
      case when n % 10 = 0 then now() + make_interval(secs => n) end,
      jsonb_build_object('text', 'Post ' || n || ', of about the usual length and no word more.' ||
        case when n % $6::int = 0 then ' zebra777' else '' end),
      case when n % $6::int in (0, 1) then array['threads', 'linkedin'] else array['threads'] end,
      uuid_extract_timestamp(id)
    from (
      select n, uuidv7(make_interval(secs => -$5::float8 * (1 - n / $4::float8) - 600)) as id
      from generate_series(1, $4::int) as n
    ) as made
    returning id, platforms
  )
  insert into platform_posts (id, post_id, user_id, mode, platform, position, account_id)
  select uuidv7(), id, $1, 'test', platform, place - 1, case when platform = 'threads' then $3::uuid end
  from post, unnest(platforms) with ordinality as p(platform, place)`;

const COUNT = `
  insert into post_counts (user_id, mode, status, platforms, change, folded)
  select user_id, mode, status, platforms, count(*), true from posts where user_id = $1 group by 1, 2, 3, 4`;

async function storeOthers({ pool }: Installation): Promise<void> {
  await pool.query(
    "insert into users (id, email) select 'other-' || n, n || '@example.org' from generate_series(1, $1) n",
    [OTHERS],
  );
  await pool.query(
    `insert into posts (id, user_id, mode, platform_set_id, status, content, platforms)
     select uuidv7(), 'other-' || (1 + n % $1::int), 'test', gen_random_uuid(), 'draft', '{"text": "Of another"}', array['threads']
     from generate_series(1, $1::int * $2::int) n`,
    [OTHERS, OF_OTHERS],
  );
}

async function compare(
  { apiUrl }: Installation,
  what: string,
  query: string,
  people: { many: TestUser; few: TestUser },
): Promise<Row> {
  const measure = async (person: TestUser) =>
    (
      await drive({
        origins: [apiUrl],
        requests: [{ method: "GET", path: `/api/v1/posts?limit=20${query}`, headers: headersOf(person) }],
        connections: 1,
        until: { seconds: ROUND_SECONDS },
      })
    ).p50;
  const rounds: { many: number; few: number }[] = [];
  for (let number = 0; number <= ROUNDS; number += 1)
    rounds.push({ many: await measure(people.many), few: await measure(people.few) });
  // The first one is for warming up.
  const measured = rounds.slice(1);
  const times = median(measured.map(({ many, few }) => many / few));
  return {
    what,
    value: showMilliseconds(median(measured.map(({ many }) => many))),
    raw: showMilliseconds(median(measured.map(({ few }) => few))),
    ratio: showTimes(times),
    target: `flat: at most ${showTimes(FLAT)}`,
    met: times <= FLAT,
  };
}
