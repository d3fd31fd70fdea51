import type { Account } from "../../contract/operations/accounts.ts";
import { Avatar } from "../ui/avatar.tsx";

/** As whom one publishes; `nameFrom` is where the name is that the platform requires to be shown. */
export function AccountLine({ account, nameFrom }: { account: Account; nameFrom?: string | undefined }) {
  const { displayName, username, platformMetadata } = account;
  const given = nameFrom === undefined ? undefined : platformMetadata[nameFrom];
  const name = typeof given === "string" ? given : (displayName ?? username ?? "");
  return (
    <p className="flex items-center gap-3">
      <Avatar url={account.avatarUrl} name={name} platform={account.platform} />
      <span className="min-w-0">
        <span className="block truncate font-semibold">{name}</span>
        {username !== null && <span className="block truncate text-sm text-dim">@{username}</span>}
      </span>
    </p>
  );
}
