import { randomUUID } from "node:crypto";

import { writeCursor } from "../server/domain/cursor.ts";
import { blockPosts } from "../server/jobs/search-blocks.ts";
import type { Benchmark, Row } from "./benchmark.ts";
import { drive } from "./drive.ts";
import { install, type Installation } from "./installation.ts";
import { median, show, showMilliseconds, showSeconds, showTimes } from "./numbers.ts";
import { createTestUsers, headersOf, type TestUser } from "./test-users.ts";

const MANY = 1_000_000;
const FEW = 1_000;
const OTHERS = 1_000;
/** Posts of each of the others. */
const OF_OTHERS = 1_000;
/** Rare posts of each person, however many others they have: a page shows the same number of them. */
const RARE = 40;
/** Posts in a range of times. */
const IN_RANGE = 100;
const ROUNDS = 3;
const ROUND_SECONDS = 1;
const FLAT = 1.25;

const BEGIN = Date.now();
const DAY_SECONDS = 86_400;
const YEAR_SECONDS = 365 * DAY_SECONDS;
const at = (seconds: number) => new Date(BEGIN + seconds * 1000).toISOString();

interface Stored extends TestUser {
  count: number;
  rareSetId: string;
  /** After the post in the middle. */
  cursor: string;
}

const UNTIL = `&scheduledTo=${at(DAY_SECONDS + 10 * IN_RANGE)}`;
const TIMES = `&timeFrom=${at(DAY_SECONDS)}`;

/**
 * Posts are created over a year, and as many in a range of times for both people. One in ten is scheduled, each ten
 * seconds after the one before.
 */
const QUERIES: Record<string, (person: Stored) => string> = {
  "no filter": () => "",
  "`cursor` in the middle": ({ cursor }) => `&cursor=${cursor}`,
  "`offset` of 500": () => "&offset=500",
  "`status`": () => "&status=scheduled",
  "a rare `platform`": () => "&platform=linkedin",
  "`status` and a rare `platform`": () => "&status=scheduled&platform=linkedin",
  "a `platform` of none": () => "&platform=tiktok",
  "a rare `platformSetId`": ({ rareSetId }) => `&platformSetId=${rareSetId}`,
  "`status` and a rare `platformSetId`": ({ rareSetId }) => `&status=scheduled&platformSetId=${rareSetId}`,
  "a `platformSetId` of almost all": ({ platformSetId }) => `&platformSetId=${platformSetId}`,
  "`outcome`, of one in ten that failed": () => "&outcome=unknown",
  [`\`from\` and \`to\` of ${IN_RANGE}`]: ({ count }) =>
    `&from=${at(-100 * DAY_SECONDS)}&to=${at(-100 * DAY_SECONDS + (IN_RANGE * YEAR_SECONDS) / count)}`,
  [`\`scheduledFrom\` and \`scheduledTo\` of ${IN_RANGE}`]: () => `&scheduledFrom=${at(DAY_SECONDS)}${UNTIL}`,
  [`\`timeFrom\` and \`timeTo\` of ${IN_RANGE}`]: () => `${TIMES}&timeTo=${at(DAY_SECONDS + 10 * IN_RANGE)}`,
  "`timeFrom` and a rare `platformSetId`": ({ rareSetId }) => `${TIMES}&platformSetId=${rareSetId}`,
  "`scheduledFrom`, of all": () => `&scheduledFrom=${at(DAY_SECONDS)}`,
  "`timeFrom`, of all": () => TIMES,
  "`search` for a rare word": () => "&search=zebra777",
  "`search` for what is nowhere": () => "&search=quokka",
  "`search` for a common word": () => "&search=usual",
  "… and a rare `platform`": () => "&search=usual&platform=linkedin",
  "`search` for a rare word and `timeFrom`": () => `&search=zebra777${TIMES}`,
  "`search` for what is nowhere and `timeFrom`": () => `&search=quokka${TIMES}`,
  "`search` for a common word and `timeFrom`": () => `&search=usual${TIMES}`,
};

export const listFilters: Benchmark = {
  name: "list-filters",
  title: "Find posts among a million",
  about:
    `\`GET /api/v1/posts\` (twenty posts and the exact total), one connection: by a user with ${show(MANY)} posts, and by ` +
    `one with ${show(FEW)} (the raw limit), beside ${show(OTHERS)} users with ${show(OF_OTHERS)} each, in one database. ` +
    `Of each user's posts, ${2 * RARE} are for a second platform, as many in a second platform set, ${RARE} have the ` +
    `rare word, and ${RARE} may be live. Those of all users are in blocks for searches. Medians of the ratios of the p50s in ${ROUNDS} rounds of ` +
    `${ROUND_SECONDS} s. Flat means: within ${showTimes(FLAT)}.`,
  async measure(workspace) {
    const installation = await install(workspace, "data", { AMPOST_SCHEDULING: "all" });
    const { pool } = installation;
    const sandbox = await installation.start("sandbox");
    const [rich, poor] = await createTestUsers(installation, 2);
    await sandbox.stop();
    if (rich === undefined || poor === undefined) throw new Error("There are no users");
    const took = async <Result>(what: string, work: Promise<Result>) => {
      const begun = performance.now();
      const result = await work;
      workspace.say(`${what} in ${showSeconds(performance.now() - begun)}`);
      return result;
    };
    const few = await store(installation, poor, FEW);
    const [many] = await took("stored", Promise.all([store(installation, rich, MANY), storeOthers(installation)]));
    await pool.query("vacuum analyze");
    await took("made searchable", blockPosts({ pool, log: console }, new AbortController().signal));
    await pool.query("vacuum analyze");
    await installation.start("api");
    const rows: Row[] = [];
    for (const [what, query] of Object.entries(QUERIES)) rows.push(await compare(installation, what, query, many, few));
    return rows;
  },
};

async function store({ pool }: Installation, person: TestUser, count: number): Promise<Stored> {
  const { userId, platformSetId } = person;
  const rareSetId = randomUUID();
  const accounts = await pool.query<{ id: string }>("select id from accounts where user_id = $1", [userId]);
  await pool.query(STORE, [
    userId,
    platformSetId,
    accounts.rows[0]?.id,
    count,
    YEAR_SECONDS,
    count / RARE,
    rareSetId,
    at(DAY_SECONDS),
  ]);
  await pool.query(COUNT, [userId]);
  const middle = await pool.query<{ id: string }>(
    "select id from posts where user_id = $1 order by id offset $2 limit 1",
    [userId, count / 2],
  );
  return { ...person, count, rareSetId, cursor: writeCursor(middle.rows[0]?.id ?? "") };
}

/** Posts as a create leaves them, the oldest first. */
const STORE = `
  with post as (
    insert into posts (id, user_id, mode, platform_set_id, status, scheduled_for, content, platforms, created_at)
    select id, $1, 'test', case when n % $6::int in (0, 5) then $7::uuid else $2::uuid end,
      case when n % $6::int = 6 or n % 10 = 1 then 'failed' when n % 10 = 0 then 'scheduled' else 'draft' end,
      case when n % 10 = 0 then $8::timestamptz + make_interval(secs => n) end,
      jsonb_build_object('text', 'Post ' || n || ', of about the usual length and no word more.' ||
        case n % $6::int when 0 then ' zebra777' when 6 then ' It was lost' else '' end),
      case when n % $6::int in (0, 1) then array['threads', 'linkedin'] else array['threads'] end,
      uuid_extract_timestamp(id)
    from (
      select n, uuidv7(make_interval(secs => -$5::float8 * (1 - n / $4::float8) - 600)) as id
      from generate_series(1, $4::int) as n
    ) as made
    returning id, platforms, content ->> 'text' like '%lost' as is_lost
  )
  insert into platform_posts (id, post_id, user_id, mode, platform, position, account_id, status)
  select uuidv7(), id, $1, 'test', platform, place - 1, case when platform = 'threads' then $3::uuid end,
    case when is_lost then 'unknown' else 'pending' end
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
     select uuidv7(interval '-1 hour'), 'other-' || (1 + n % $1::int), 'test', gen_random_uuid(), 'draft',
       '{"text": "Of another, of about the usual length and no word more."}', array['threads']
     from generate_series(1, $1::int * $2::int) n`,
    [OTHERS, OF_OTHERS],
  );
  await pool.query(
    `insert into post_counts (user_id, mode, status, platforms, change, folded)
     select 'other-' || n, 'test', 'draft', array['threads'], $2, true from generate_series(1, $1) n`,
    [OTHERS, OF_OTHERS],
  );
}

async function compare(
  { apiUrl }: Installation,
  what: string,
  query: (person: Stored) => string,
  many: Stored,
  few: Stored,
): Promise<Row> {
  const measure = async (person: Stored) =>
    (
      await drive({
        origins: [apiUrl],
        requests: [{ method: "GET", path: `/api/v1/posts?limit=20${query(person)}`, headers: headersOf(person) }],
        connections: 1,
        until: { seconds: ROUND_SECONDS },
      })
    ).p50;
  const rounds: { many: number; few: number }[] = [];
  for (let number = 0; number <= ROUNDS; number += 1)
    rounds.push({ many: await measure(many), few: await measure(few) });
  // The first one is for warming up.
  const measured = rounds.slice(1);
  const times = median(measured.map(({ many: ofMany, few: ofFew }) => ofMany / ofFew));
  return {
    what,
    value: showMilliseconds(median(measured.map(({ many: ofMany }) => ofMany))),
    raw: showMilliseconds(median(measured.map(({ few: ofFew }) => ofFew))),
    ratio: showTimes(times),
    target: `flat: at most ${showTimes(FLAT)}`,
    met: times <= FLAT,
  };
}
