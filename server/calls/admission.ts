import "fastify";
import type { Tenant } from "../../model/tenant.ts";
declare module "fastify" {
  interface FastifyRequest {
    /** Null if it takes none. */
    admission: Admission | null;
  }
}

/**
 * What a request holds while this process works on it. It is released with the response, which can continue to stream.
 */
export interface Admission {
  /** Releases it earlier: only waiting is left. */
  leave(): void;
  /** Releases it until the caller has sent more. */
  without<Result>(coming: Promise<Result>): Promise<Result>;
  /** Releases it with an error, which is sent immediately, or a little later to clients that keep calling. */
  refuse(tell: () => void): void;
  /** Makes later requests with the same key or cookie queue as this user's; null: as a stranger's. */
  belongsTo(caller: Tenant | null): void;
}
