import { useLingui } from "@lingui/react/macro";
import { Tabs } from "radix-ui";

import { platformSetsList } from "../../contract/operations/platform-sets.ts";
import { useRead } from "../api/use-api.ts";
import { start } from "../start.ts";
import { Copyable } from "../ui/copy.tsx";
import { Skeleton } from "../ui/surfaces.tsx";
import { tabClass, tabsClass } from "../ui/tabs.ts";
import { snippetsOf } from "./sample.ts";
import { useTextAccounts } from "./text-accounts.ts";

/** A first request in each language, with the person's own key and set in it. */
export function Snippets({ apiKey }: { apiKey: string }) {
  const { t } = useLingui();
  const sets = useRead(platformSetsList);
  const { accounts, platforms, isPending } = useTextAccounts();
  const [set] = sets.data?.sets ?? [];
  if (sets.isPending || isPending) return <Skeleton className="h-40" />;
  const platform = accounts.find(({ platformSetId }) => platformSetId === set?.id)?.platform ?? platforms[0];
  if (set === undefined || platform === undefined) return null;
  const { apiUrl, version } = start;
  const snippets = snippetsOf({ apiUrl, version, key: apiKey, platformSetId: set.id, platform });
  return (
    <Tabs.Root defaultValue="curl">
      <Tabs.List aria-label={t`Language`} className={tabsClass}>
        {snippets.map(({ language }) => (
          <Tabs.Trigger key={language} value={language} className={tabClass}>
            {language}
          </Tabs.Trigger>
        ))}
      </Tabs.List>
      {snippets.map(({ language, text }) => (
        <Tabs.Content key={language} value={language}>
          <Copyable label={language} text={text} />
        </Tabs.Content>
      ))}
    </Tabs.Root>
  );
}
