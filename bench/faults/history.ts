import type pg from "pg";

/**
 * Records every status change with a trigger, so that nothing depends on checking at the right moment. The trigger only
 * exists in the harness's own database.
 */
export async function watchStatuses(pool: pg.Pool): Promise<void> {
  await pool.query(`
    create table fault_history (seq bigint generated always as identity, kind text not null, id uuid not null,
      was text not null, becomes text not null);
    create function fault_history() returns trigger language plpgsql as $$
    begin
      insert into fault_history (kind, id, was, becomes) values (tg_table_name, new.id, old.status, new.status);
      return null;
    end $$;
    create trigger fault_history after update of status on posts for each row
      when (old.status is distinct from new.status) execute function fault_history();
    create trigger fault_history after update of status on platform_posts for each row
      when (old.status is distinct from new.status) execute function fault_history();
    -- Here the harness ends the processes, so no post is set aside for having been in their hands.
    create function blame_no_post() returns trigger language plpgsql as $$
    begin
      new.takeovers := least(new.takeovers, 2);
      return new;
    end $$;
    create trigger blame_no_post before update of takeovers on platform_posts for each row execute function blame_no_post();`);
}

/**
 * The allowed transitions according to the product's decisions, written separately from the product's own table. There
 * are no retries here.
 */
const FORWARD: Record<string, Record<string, readonly string[]>> = {
  posts: {
    draft: ["scheduled", "queued", "discarded"],
    scheduled: ["draft", "queued", "posting", "published", "failed", "discarded"],
    queued: ["posting", "published", "partial", "failed", "discarded"],
    posting: ["published", "partial", "failed", "discarded"],
    partial: ["published", "discarded"],
    failed: ["published", "partial", "discarded"],
  },
  platform_posts: {
    pending: ["queued", "posting", "published", "failed", "unknown", "discarded"],
    queued: ["posting", "published", "failed", "unknown", "discarded"],
    posting: ["published", "failed", "unknown", "discarded"],
    unknown: ["published", "failed", "discarded"],
    failed: ["discarded"],
    discarded: ["published"],
  },
};

/** Every backward change, as a sentence. */
export async function backwardChanges(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ kind: string; id: string; was: string; becomes: string }>(
    "select * from fault_history order by seq",
  );
  const wrong = rows.filter(({ kind, was, becomes }) => !(FORWARD[kind]?.[was] ?? []).includes(becomes));
  return wrong.map(({ kind, id, was, becomes }) => `${kind} ${id} went from ${was} to ${becomes}`);
}
