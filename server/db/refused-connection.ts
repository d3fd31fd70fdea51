import pg from "pg";

import { isFromPooler } from "./away.ts";

/** What has to be changed before a connection that was refused can succeed; null if waiting may help. */
export function cureOfRefusal(error: unknown, setting: string): string | null {
  if (!(error instanceof Error)) return null;
  if (error instanceof pg.DatabaseError) return cureByServer(error, setting);
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (error.message.startsWith("The server does not support SSL connections"))
    return `Remove sslmode from ${setting}, or turn on TLS in PostgreSQL.`;
  if (/^(?:ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/.test(code))
    return `Check the certificate of the server, and sslmode and sslrootcert in ${setting}.`;
  return null;
}

function cureByServer(error: pg.DatabaseError, setting: string): string | null {
  const login = `Check the user and password in ${setting}.`;
  if (error.code?.startsWith("28")) return login;
  if (error.code === "3D000") return `Create the database, or correct its name in ${setting}.`;
  if (!isFromPooler(error)) return null;
  const parameter = /^unsupported startup parameter: (\w+)/.exec(error.message)?.[1];
  if (parameter !== undefined)
    return (
      "Set ignore_startup_parameters = statement_timeout,idle_in_transaction_session_timeout " +
      "in the pooler's configuration, and reload it."
    );
  if (/^(?:no such database|database ".*" is disabled)/.test(error.message))
    return `Add the database to the pooler's configuration, or correct its name in ${setting}.`;
  if (/^SSL required/.test(error.message)) return `Add sslmode=require to ${setting}.`;
  return POOLER_LOGINS.test(error.message) ? login : null;
}

/** PgBouncer's own words. A refusal by the server behind it may pass: it says that login "has been failing". */
const POOLER_LOGINS =
  /^(?:no such user|.*authentication failed|login rejected|unix socket login rejected|no authentication method|no username)/;
