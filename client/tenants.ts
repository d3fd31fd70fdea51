import { call, type CallOptions, type Connection, path, read, withEtag, write, type WriteOptions } from "./call.ts";
import type {
  ApiKey,
  CreatedApiKey,
  Mode,
  NewApiKey,
  NewOwnApp,
  NewTenant,
  OwnApp,
  Platform,
  Tenant,
  TenantChanges,
  TenantFilter,
  Usage,
} from "./types.ts";

/** A tenant, with the ETag that makes an update conditional on no one else having changed it. */
export interface TenantAnswer {
  tenant: Tenant;
  etag: string | null;
}

/** The users of an instance, for its operator. Requires an operator key. */
export function createTenants(connection: Connection) {
  const one = (id: string) => path`/admin/v1/tenants/${id}`;
  return {
    /** One page of tenants, newest first. */
    async list(
      filter: TenantFilter = {},
      options: CallOptions = {},
    ): Promise<{ tenants: Tenant[]; nextCursor: string | null }> {
      return await read(connection, "/admin/v1/tenants", { ...options, query: filter });
    },
    async create(tenant: NewTenant, options: WriteOptions = {}): Promise<TenantAnswer> {
      return withEtag(await write(connection, "POST", "/admin/v1/tenants", { ...options, body: tenant }));
    },
    async get(id: string, options: CallOptions = {}): Promise<TenantAnswer> {
      return withEtag(await call(connection, { ...options, method: "GET", path: one(id) }));
    },
    /** With `ifMatch`, only if the tenant still has this ETag. */
    async update(
      id: string,
      changes: TenantChanges,
      options: WriteOptions & { ifMatch?: string } = {},
    ): Promise<TenantAnswer> {
      return withEtag(await write(connection, "PATCH", one(id), { ...options, body: changes }));
    },
    /** Deletes the user with everything of it. */
    async delete(id: string, options: WriteOptions & { ifMatch?: string } = {}): Promise<{ success: true }> {
      return (await write<{ success: true }>(connection, "DELETE", one(id), options)).answer;
    },
    /** What the tenant has used of its plan, and what is left. */
    async usage(id: string, options: CallOptions = {}): Promise<{ usage: Usage }> {
      return await read(connection, `${one(id)}/usage`, options);
    },
    async listKeys(id: string, options: CallOptions = {}): Promise<{ keys: ApiKey[] }> {
      return await read(connection, `${one(id)}/keys`, options);
    },
    async createKey(id: string, key: NewApiKey, options: WriteOptions = {}): Promise<{ key: CreatedApiKey }> {
      return (await write<{ key: CreatedApiKey }>(connection, "POST", `${one(id)}/keys`, { ...options, body: key }))
        .answer;
    },
    /** Replaces a key by one that is the same. The old one works for `overlapSeconds` longer, by default not at all. */
    async rollKey(
      id: string,
      keyId: string,
      body: { overlapSeconds?: number } = {},
      options: WriteOptions = {},
    ): Promise<{ key: CreatedApiKey }> {
      const at = `${one(id)}${path`/keys/${keyId}/roll`}`;
      return (await write<{ key: CreatedApiKey }>(connection, "POST", at, { ...options, body })).answer;
    },
    /** The tenant's own OAuth apps in a mode, by default live. */
    async listApps(id: string, filter: { mode?: Mode } = {}, options: CallOptions = {}): Promise<{ apps: OwnApp[] }> {
      return await read(connection, `${one(id)}/oauth-apps`, { ...options, query: filter });
    },
    async saveApp(
      id: string,
      platform: Platform,
      app: NewOwnApp & { mode?: Mode },
      options: WriteOptions = {},
    ): Promise<{ app: OwnApp }> {
      const at = `${one(id)}${path`/oauth-apps/${platform}`}`;
      return (await write<{ app: OwnApp }>(connection, "PUT", at, { ...options, body: app })).answer;
    },
    async deleteApp(
      id: string,
      platform: Platform,
      { mode = "live" }: { mode?: Mode } = {},
      options: WriteOptions = {},
    ): Promise<{ success: true }> {
      const at = `${one(id)}${path`/oauth-apps/${platform}`}?mode=${mode}`;
      return (await write<{ success: true }>(connection, "DELETE", at, options)).answer;
    },
    async revokeKey(id: string, keyId: string, options: WriteOptions = {}): Promise<{ key: ApiKey }> {
      return (await write<{ key: ApiKey }>(connection, "DELETE", `${one(id)}${path`/keys/${keyId}`}`, options)).answer;
    },
  };
}
