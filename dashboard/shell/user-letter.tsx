import { start } from "../start.ts";

export const USER = "size-9 shrink-0 rounded-full bg-tint text-sm font-semibold uppercase";

/** The first letter of who is signed in. It is no text, because it says nothing by itself. */
export function UserLetter() {
  const { email, name } = start.user;
  return <span data-letter={(name === "" ? email : name).slice(0, 1)} className="before:content-[attr(data-letter)]" />;
}
