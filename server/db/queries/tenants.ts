import { CHANNELS } from "../listen.ts";
import { notify } from "../notify.ts";
import { type Db, statement } from "../sql.ts";

/** A user as its operator manages it. */
export interface TenantRow {
  id: string;
  external_id: string | null;
  name: string;
  email: string | null;
  plan: string | null;
  plan_limits: unknown;
  suspended_at: Date | null;
  is_owner: boolean;
  created_at: Date;
  /** Without the logo, which is large. */
  branding: unknown;
  logo_hash: string | null;
  /** Whether a person has a way to sign in. */
  can_sign_in: boolean;
}

const columns = `u.id, u.external_id, u.name, u.email, u.plan, u.plan_limits, u.suspended_at, u.is_owner, u.created_at,
  u.branding - 'logo' as branding, encode(sha256(convert_to(u.branding ->> 'logo', 'UTF8')), 'hex') as logo_hash,
  (exists (select from sign_in_methods m where m.user_id = u.id)
    or exists (select from passkeys p where p.user_id = u.id)) as can_sign_in`;

/** The newest first, for the operator. */
export const listTenants = statement<
  TenantRow,
  [beforeId: string | null, externalId: string | null, isSuspended: boolean | null, limit: number]
>(
  "users.list_tenants",
  `select ${columns} from users u
   where ($1::text is null or u.id < $1) and ($2::text is null or u.external_id = $2)
     and ($3::boolean is null or (u.suspended_at is not null) = $3)
   order by u.id desc limit $4`,
);

export const findTenant = statement<TenantRow, [id: string]>(
  "users.find_tenant",
  `select ${columns} from users u where u.id = $1`,
);

/** Holds the user until the transaction ends. */
export const lockTenant = statement<TenantRow, [id: string]>(
  "users.lock_tenant",
  `select ${columns} from users u where u.id = $1 for no key update of u`,
);

type TenantParams = [
  id: string,
  externalId: string | null,
  name: string,
  email: string | null,
  plan: string | null,
  limits: object,
  isSuspended: boolean,
  branding: object,
];

export const insertTenant = statement<never, TenantParams>(
  "users.insert_tenant",
  `insert into users (id, external_id, name, email, plan, plan_limits, suspended_at, branding,
     made_by_operator)
   values ($1, $2, $3, $4, $5, $6, case when $7 then now() end, $8, true)`,
);

/**
 * The given parts of `branding` replace the earlier ones. Notifies every process, which would otherwise use what it
 * remembers for a moment.
 */
export async function updateTenant(db: Db, values: Readonly<TenantParams>): Promise<void> {
  await setTenant.run(db, values);
  const [id] = values;
  notify(db, CHANNELS.plans, id);
  notify(db, CHANNELS.users, id);
}

const setTenant = statement<never, TenantParams>(
  "users.update_tenant",
  `update users set external_id = $2, name = $3, email = $4, plan = $5, plan_limits = $6,
     email_verified = email_verified and email is not distinct from $4,
     suspended_at = case when $7 then coalesce(suspended_at, now()) end, branding = branding || $8, updated_at = now()
   where id = $1`,
);

export const findBrandingOfUser = statement<{ branding: unknown }, [id: string]>(
  "users.find_branding",
  `select branding from users where id = $1`,
);

export const findBrandingByEmail = statement<{ branding: unknown }, [email: string]>(
  "users.find_branding_by_email",
  `select branding from users where lower(email) = lower($1)`,
);
