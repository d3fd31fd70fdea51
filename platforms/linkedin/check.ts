import { tryMadeUpCode } from "../kit/made-up-code.ts";
import type { LiveCheck, Note } from "../platform.ts";
import { chosenVersion, newerVersion, VERSION_SETTING } from "./deprecations.ts";
import { oauth } from "./oauth.ts";

export const check: LiveCheck = {
  async app(http, app) {
    await tryMadeUpCode(oauth, http, app);
    return [];
  },
  /** Members may not read images, but a retired version is refused first. Source: LinkedIn docs, versioning, 2026. */
  async account({ http, accessToken, environment }) {
    const version = chosenVersion(environment);
    const { status } = await http.send({
      method: "GET",
      url: "https://api.linkedin.com/rest/images/urn%3Ali%3Aimage%3Aampost-doctor",
      headers: {
        authorization: `Bearer ${accessToken}`,
        "linkedin-version": version,
        "x-restli-protocol-version": "2.0.0",
      },
    });
    return { notes: [noteOf(version, status)] };
  },
};

function noteOf(version: string, status: number): Note {
  if (status !== UPGRADE_REQUIRED) return { message: `LinkedIn accepts API version ${version}.` };
  const newer = newerVersion(version);
  const cure =
    newer === null
      ? `Update Ampost, then set ${VERSION_SETTING} to the newest version that LinkedIn documents.`
      : `Set ${VERSION_SETTING} to ${newer}.`;
  return { message: `LinkedIn has retired API version ${version}.`, cure };
}

const UPGRADE_REQUIRED = 426;
