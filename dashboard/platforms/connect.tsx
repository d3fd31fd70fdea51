import { Trans, useLingui } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";

import type { ConnectOption } from "../../contract/operations/connections.ts";
import type { PlatformSet } from "../../contract/operations/platform-sets.ts";
import { may } from "../shell/workspace.ts";
import { labelOf } from "../start.ts";
import { buttonClass } from "../ui/controls.tsx";
import { PlatformLogo } from "../ui/platform-logo.tsx";
import { connectAddress } from "./connect-address.ts";

/** Platforms to connect an account of to a set. The links lead to their sign-ins, and from there to `returnTo`. */
export function Connect({
  set,
  options,
  returnTo,
}: {
  set: PlatformSet;
  options: readonly ConnectOption[];
  returnTo?: string;
}) {
  const { t } = useLingui();
  const open = options.flatMap(({ platform, logins }) => logins.map((login) => ({ platform, ...login })));
  const without = options.filter(({ logins }) => logins.length === 0).map(({ platform }) => labelOf(platform));
  return (
    <>
      {open.length > 0 && (
        <div className="mt-4">
          <h3 className="mb-2 text-sm font-semibold">{t`Connect`}</h3>
          <ul className="flex flex-wrap gap-2">
            {open.map(({ platform, login, label }) => (
              <li key={`${platform} ${login}`}>
                <a
                  href={connectAddress({ platform, platformSetId: set.id, mode: set.mode, login, returnTo })}
                  className={buttonClass("plain")}
                >
                  <PlatformLogo platform={platform} className="size-4" />
                  {label}
                </a>
              </li>
            ))}
          </ul>
        </div>
      )}
      {without.length > 0 && (
        <p className="mt-3 text-sm text-dim">
          <Trans>This instance has no developer app for {without.join(", ")}.</Trans>{" "}
          {may("oauth_apps_save") && (
            <Link
              to="/platforms/$id/apps"
              params={{ id: set.id }}
              search={{ mode: set.mode }}
              className="text-link underline"
            >
              {t`Add your own`}
            </Link>
          )}
        </p>
      )}
    </>
  );
}
