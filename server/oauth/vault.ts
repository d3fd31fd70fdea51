import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";

/**
 * Keeps secrets in the database without trusting the database: AES-256-GCM, the key's id beside each value, and the
 * place of the value (table, row, column) as additional data, so that a value copied to another place does not open.
 */
export interface Vault {
  seal(secret: string, place: Place): string;
  /** Throws a VaultError when the key is missing, the value was tampered with, or it belongs to another place. */
  open(sealed: string, place: Place): string;
  /** The id of the key that seals: eight hex digits of the key's SHA-256. */
  keyId: string;
}

export interface Place {
  table: string;
  row: string;
  column: string;
}

export class VaultError extends Error {
  override name = "VaultError";
}

/** The first key seals; every key opens what it has sealed. Keys are 32 bytes. */
export function createVault(keys: readonly Buffer[]): Vault {
  const [current] = keys;
  if (!current) throw new VaultError("The vault needs an encryption key");
  const byId = new Map(keys.map((key) => [keyIdOf(key), key]));
  const keyId = keyIdOf(current);
  return {
    keyId,
    seal(secret, place) {
      const iv = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", current, iv).setAAD(additionalData(place));
      const bytes = Buffer.concat([iv, cipher.update(secret, "utf8"), cipher.final(), cipher.getAuthTag()]);
      return `v1.${keyId}.${bytes.toString("base64url")}`;
    },
    open(sealed, place) {
      const [version, id = "", encoded = ""] = sealed.split(".");
      const key = byId.get(id);
      if (version !== "v1") throw new VaultError("The sealed value has a form this version does not know");
      if (!key) throw new VaultError(`The value was sealed with the encryption key ${id}, which this process does not have`);
      const bytes = Buffer.from(encoded, "base64url");
      try {
        const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12)).setAAD(additionalData(place));
        decipher.setAuthTag(bytes.subarray(-16));
        return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString("utf8");
      } catch {
        throw new VaultError(`The sealed value in ${place.table}.${place.column} does not open: it was changed or moved`);
      }
    },
  };
}

function keyIdOf(key: Buffer): string {
  if (key.length !== 32) throw new VaultError("An encryption key has 32 bytes");
  return createHash("sha256").update(key).digest("hex").slice(0, 8);
}

function additionalData(place: Place): Buffer {
  return Buffer.from(`${place.table}/${place.row}/${place.column}`);
}
