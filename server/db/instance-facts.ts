import { statement } from "./sql.ts";

/** Facts of the whole instance, of which there are few. */
export const findFact = statement<{ value: string }>("instance.find", `select value from instance where name = $1`);

/** Keeps what is there already: the first process to say it is right. */
export const addFact = statement("instance.add", `insert into instance (name, value) values ($1, $2) on conflict (name) do nothing`);
