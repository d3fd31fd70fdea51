import type pg from "pg";
import { z } from "zod";

import { type Brand, mergeBrands, NO_BRAND } from "../../../model/brand.ts";
import { findBrandingByEmail, findBrandingOfUser } from "../../db/queries/tenants.ts";
import type { Services } from "../services.ts";

const stored = z.object({
  name: z.string().nullable().default(null),
  logo: z.string().nullable().default(null),
  color: z.string().nullable().default(null),
  darkColor: z.string().nullable().default(null),
  supportAddress: z.string().nullable().default(null),
});

/** A brand as stored; what a row does not mention is null. */
export function storedBrand(branding: unknown): Brand {
  return stored.parse(branding ?? {});
}

/** How a user's pages look: as the operator set it for this user, otherwise as the instance. */
export async function brandOf(
  { pool, settings }: Pick<Services, "pool"> & { settings: { brand: Brand } },
  userId: string,
): Promise<Brand> {
  return mergeBrands(storedBrand((await findBrandingOfUser.one(pool, [userId]))?.branding), settings.brand);
}

/** How emails to an address look. */
export async function brandOfEmail(db: pg.Pool | pg.PoolClient, instance: Brand, email: string): Promise<Brand> {
  const found = await findBrandingByEmail.one(db, [email]);
  return mergeBrands(found === undefined ? NO_BRAND : storedBrand(found.branding), instance);
}
