import { Trans, useLingui } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import { Tabs } from "radix-ui";

import type { ApiKey } from "../../contract/operations/api-keys.ts";
import { EXAMPLE_PLATFORM, type Mode } from "../../model/platform-names.ts";
import { labelOf, start } from "../start.ts";
import { Copyable } from "../ui/copy.tsx";
import { Notice, Skeleton } from "../ui/surfaces.tsx";
import { tabClass, tabsClass } from "../ui/tabs.ts";
import { postSnippets, type Snippet, webhookSnippets } from "./sample.ts";
import { useTextAccounts } from "./text-accounts.ts";

/** A first post in each language, with the person's own key and set in it, as the key may do it. */
export function PostSnippets({
  apiKey,
  mode,
  policies,
}: {
  apiKey: string;
  mode: Mode;
  policies: ApiKey["policies"] | null;
}) {
  const { t } = useLingui();
  const { accounts, platforms, isPending } = useTextAccounts(mode, policies?.platforms);
  if (isPending) return <Skeleton className="h-40" />;
  const account = accounts.find(({ platform }) => platform === EXAMPLE_PLATFORM) ?? accounts[0];
  if (account === undefined)
    return (
      <Notice>
        {platforms.length === 0 ? (
          <Trans>This key can post only where a post needs a picture or a video.</Trans>
        ) : (
          <Trans>
            <Link to="/platforms" search={{ mode }} className="text-link underline">
              Connect an account
            </Link>{" "}
            that takes a text alone first: {platforms.map(labelOf).join(", ")}.
          </Trans>
        )}
      </Notice>
    );
  const { platform, platformSetId } = account;
  const isPublished = mode === "test" && policies?.draftOnly !== true && policies?.approvalRequired !== true;
  const snippets = postSnippets({
    ...start,
    key: apiKey,
    platformSetId,
    platform,
    label: labelOf(platform),
    isPublished,
  });
  return (
    <>
      <p className="text-sm text-dim">
        {isPublished ? t`Each of these publishes a post in the sandbox.` : t`Each of these creates a draft.`}
      </p>
      <Languages name={t`First post`} snippets={snippets} />
    </>
  );
}

export function WebhookSnippets({ apiKey }: { apiKey: string }) {
  const { t } = useLingui();
  return <Languages name={t`First webhook`} snippets={webhookSnippets({ ...start, key: apiKey })} />;
}

function Languages({ name, snippets }: { name: string; snippets: readonly Snippet[] }) {
  const { t } = useLingui();
  return (
    <Tabs.Root defaultValue="curl">
      <Tabs.List aria-label={name} className={tabsClass}>
        {snippets.map(({ language }) => (
          <Tabs.Trigger key={language} value={language} className={tabClass}>
            {language}
          </Tabs.Trigger>
        ))}
      </Tabs.List>
      {snippets.map(({ language, text, request }) => (
        <Tabs.Content key={language} value={language} className="space-y-2">
          <Copyable label={language} text={text} />
          {request !== undefined && (
            <>
              <p className="text-sm text-dim">{t`Add this to your agent's configuration, then ask it:`}</p>
              <Copyable label={t`What to ask`} text={request} />
            </>
          )}
        </Tabs.Content>
      ))}
    </Tabs.Root>
  );
}
