import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

import { z } from "zod";

const LOCAL_URL = "http://localhost:3000";

/** A key and the server URL it is for: they belong together, so that no key is sent to another server. */
export interface Credentials {
  apiKey: string;
  url: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** AMPOST_API_KEY for the given URL, or the key that `ampost login` stored for it. Null if there is none. */
export async function findCredentials(env: Environment, given: string | undefined): Promise<Credentials | null> {
  const asked = given ?? env.AMPOST_API_URL;
  if (env.AMPOST_API_KEY) return { apiKey: env.AMPOST_API_KEY, url: addressOf(asked ?? LOCAL_URL) };
  const { current, keys } = await readStore(env);
  const url = addressOf(asked ?? current ?? LOCAL_URL);
  const apiKey = keys[url];
  return apiKey === undefined ? null : { apiKey, url };
}

/** The server a login uses if none is given. */
export function loginUrl(env: Environment, given: string | undefined): string {
  return addressOf(given ?? env.AMPOST_API_URL ?? LOCAL_URL);
}

/** Stores a key, readable by its owner only, as the default when no URL is given. Returns the file. */
export async function storeCredentials(env: Environment, { apiKey, url }: Credentials): Promise<string> {
  const { keys } = await readStore(env);
  return await writeStore(env, { current: url, keys: { ...keys, [url]: apiKey } });
}

/** Forgets the key of a URL, or of the current one. Returns the URL; null if there was no key. */
export async function forgetCredentials(env: Environment, given: string | undefined): Promise<string | null> {
  const { current, keys } = await readStore(env);
  const url = addressOf(given ?? current ?? LOCAL_URL);
  if (keys[url] === undefined) return null;
  const { [url]: _, ...others } = keys;
  await writeStore(env, { current: current === url ? null : current, keys: others });
  return url;
}

const store = z.object({ current: z.string().nullable(), keys: z.record(z.string(), z.string()) });

async function readStore(env: Environment): Promise<z.output<typeof store>> {
  const file = fileOf(env);
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  });
  if (text === null) return { current: null, keys: {} };
  try {
    return store.parse(JSON.parse(text));
  } catch {
    throw new Error(`${file} is not a valid credentials file. Delete it and log in again.`);
  }
}

/** Never readable by others, not even while it is being written. */
async function writeStore(env: Environment, value: z.output<typeof store>): Promise<string> {
  const file = fileOf(env);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const next = `${file}.${process.pid}`;
  await writeFile(next, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  await chmod(next, 0o600);
  await rename(next, file);
  return file;
}

function fileOf({ XDG_CONFIG_HOME, APPDATA }: Environment): string {
  return join(XDG_CONFIG_HOME || APPDATA || join(homedir(), ".config"), "ampost", "credentials.json");
}

function addressOf(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) throw new Error(`"${text}" is not an http or https URL.`);
  return `${url.origin}${url.pathname.replace(/(?<!\/)\/+$/, "")}`;
}
