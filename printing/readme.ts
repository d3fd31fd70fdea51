import { firstPosts } from "../cli/first-post.ts";

const MARKS = /(<!-- first posts: generated -->\n)[^]*?(<!-- end -->)/;

/** The README with the same first posts as `ampost start` prints. */
export function readme(current: string): string {
  const blocks = firstPosts("http://localhost:3000").map(({ title, lines }) => `# ${title}\n${lines.join("\n")}`);
  return current.replace(
    MARKS,
    (_, before: string, after: string) => `${before}\`\`\`sh\n${blocks.join("\n\n")}\n\`\`\`\n${after}`,
  );
}
