import { type PlatformName, PLATFORM_NAMES } from "../../model/platform-names.ts";

/** "First comment" of "firstComment", "Public to everyone" of "PUBLIC_TO_EVERYONE". */
export function labelOfName(name: string): string {
  const words = name
    .replaceAll("_", " ")
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .replace(/\b(url|id|ai)\b/g, (word) => word.toUpperCase())
    .replace(/\bms\b/, "(ms)");
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}

/** Members of a media entry that are not about the file itself. */
const PARTS = new Map([
  ["altText", "the alt text of "],
  ["thumbnailUrl", "the thumbnail of "],
  ["thumbnailMediaId", "the thumbnail of "],
]);

/** The API names fields by their path, and settings by their name; people see labels. What a platform says stays. */
export function inWords(sentence: string, labelOf: (platform: PlatformName) => string): string {
  const [own = "", ...quoted] = sentence.split(/(?= says: )/);
  const labelled = (name: string) => {
    const platform = PLATFORM_NAMES.find((each) => each === name);
    return platform === undefined ? name : labelOf(platform);
  };
  const words = own
    .replace(
      /(?:(?:content\.)?platformOverrides\.\w+\.)?\bsettings\.(\w+(?:\[\d+\])?(?:\.\w+(?:\[\d+\])?)*)/g,
      (_, path: string) =>
        path
          .split(".")
          .map((part) => {
            const [, name = "", index] = /^(\w+)(?:\[(\d+)\])?$/.exec(part) ?? [];
            return index === undefined ? labelOfName(name) : `${labelOfName(name)} ${Number(index) + 1}`;
          })
          .join(": "),
    )
    .replace(/content\.platformOverrides\.(\w+)\.text/g, (_, name: string) => `the text for ${labelled(name)}`)
    .replace(/(\.media\[\d+\])\.\w+ is missing/g, "$1 has none")
    .replace(
      /content\.(?:platformOverrides\.(\w+)\.)?media\[(\d+)\](?:\.(\w+))?/g,
      (_, name: string | undefined, index: string, member: string | undefined) =>
        `${PARTS.get(member ?? "") ?? ""}file ${Number(index) + 1}${name === undefined ? "" : ` for ${labelled(name)}`}`,
    )
    .replace(/content\.platformOverrides\.(\w+)\.media/g, (_, name: string) => `the media for ${labelled(name)}`)
    .replace(/content\.platformOverrides\.(\w+)/g, (_, name: string) => `the content for ${labelled(name)}`)
    .replace(
      /The post has changed since you read (?:its contentHash|the ETag in If-Match)\./,
      "The post has changed in the meantime.",
    )
    .replace(" Get the post again and reapply your change.", "")
    .replaceAll("; content.media has no media.", ".")
    .replaceAll("content.media", "the media")
    .replaceAll("content.text", "the text")
    .replaceAll("content.linkUrl", "the link")
    .replaceAll(". the ", ". The ")
    .replace(NAME, (_, name: string) => `“${labelOfName(name)}”`);
  const isChanged = words !== own;
  return (isChanged ? words.slice(0, 1).toUpperCase() + words.slice(1) : words) + quoted.join("");
}

/** The name of a setting or a field, such as thumbOffsetMs: no part of an address or a file's name. */
const NAME = /(?<![\w./@#%=(-])"?\b([a-z]{2,}(?:[A-Z][a-z]+)+)\b"?(?![\w/(=-]|\.\w)/g;
