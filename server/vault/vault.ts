import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";

/**
 * Stores secrets in the database without trusting it: AES-256-GCM, with the key's ID next to each value and its place
 * (table, row, column) as additional data, so that a value copied elsewhere does not decrypt.
 */
export interface Vault {
  seal(secret: string, context: SealContext): string;
  /** Throws a VaultError when the key is missing, the value was tampered with, or it belongs to another place. */
  open(sealed: string, context: SealContext): string;
  /** The id of the key that seals. */
  readonly keyId: string;
}

export interface SealContext {
  table: string;
  row: string;
  column: string;
}

export class VaultError extends Error {
  override name = "VaultError";
}

/** Where a vault's keys come from. The first encrypts, all decrypt; each has 32 bytes. */
export interface KeySource {
  /** The current keys: the same array until they change. */
  keys(): readonly Buffer[];
  /** The keys after checking where they are stored, since another process may have added one. */
  reread(): readonly Buffer[];
}

/**
 * A vault with these keys. With a source, it keeps working after a rotation: an unknown key ID makes it check again.
 */
export function createVault(source: readonly Buffer[] | KeySource): Vault {
  const from = isSource(source) ? source : fixed(source);
  let ring = ringOf(from.keys());
  const latest = (found: readonly Buffer[]): Ring => (found === ring.keys ? ring : (ring = ringOf(found)));
  return {
    get keyId() {
      return latest(from.keys()).keyId;
    },
    seal(secret, context) {
      const { first, keyId } = latest(from.keys());
      const iv = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", first, iv).setAAD(additionalData(context));
      const bytes = Buffer.concat([iv, cipher.update(secret, "utf8"), cipher.final(), cipher.getAuthTag()]);
      return `v1.${keyId}.${bytes.toString("base64url")}`;
    },
    open(sealed, context) {
      const [version, id = "", encoded = ""] = sealed.split(".");
      if (version !== "v1") throw new VaultError("The sealed value has a format this version does not know");
      const key = latest(from.keys()).byId.get(id) ?? latest(from.reread()).byId.get(id);
      if (!key)
        throw new VaultError(`The value was sealed with the encryption key ${id}, which this process does not have`);
      const bytes = Buffer.from(encoded, "base64url");
      try {
        const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12)).setAAD(additionalData(context));
        decipher.setAuthTag(bytes.subarray(-16));
        return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString("utf8");
      } catch {
        throw new VaultError(
          `The sealed value in ${context.table}.${context.column} does not open: it was changed or moved`,
        );
      }
    },
  };
}

/** The ID of a key: eight hex digits of its SHA-256. Throws a VaultError if it does not have 32 bytes. */
export function keyIdOf(key: Buffer): string {
  if (key.length !== 32) throw new VaultError("An encryption key has 32 bytes");
  return createHash("sha256").update(key).digest("hex").slice(0, 8);
}

interface Ring {
  keys: readonly Buffer[];
  first: Buffer;
  keyId: string;
  byId: ReadonlyMap<string, Buffer>;
}

function ringOf(keys: readonly Buffer[]): Ring {
  const [first] = keys;
  if (!first) throw new VaultError("The vault needs an encryption key");
  return { keys, first, keyId: keyIdOf(first), byId: new Map(keys.map((key) => [keyIdOf(key), key])) };
}

function isSource(source: readonly Buffer[] | KeySource): source is KeySource {
  return "reread" in source;
}

/** Keys that stay the same. */
export function fixed(keys: readonly Buffer[]): KeySource {
  return { keys: () => keys, reread: () => keys };
}

function additionalData(context: SealContext): Buffer {
  return Buffer.from(`${context.table}/${context.row}/${context.column}`);
}
