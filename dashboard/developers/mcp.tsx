import { Trans, useLingui } from "@lingui/react/macro";
import { Tabs } from "radix-ui";

import { type ApiKey, keysList } from "../../contract/operations/api-keys.ts";
import { useRead } from "../api/use-api.ts";
import { useMode } from "../shell/mode.ts";
import { start } from "../start.ts";
import { OutLink } from "../ui/controls.tsx";
import { Copyable } from "../ui/copy.tsx";
import { Failure } from "../ui/failure.tsx";
import { Card, Loading, Tag } from "../ui/surfaces.tsx";
import { tabClass, tabsClass } from "../ui/tabs.ts";
import { Developers } from "./developers.tsx";
import { RevokeKey } from "./key-actions.tsx";
import { hasEnded, KeyTimes } from "./keys.tsx";
import { Policies } from "./policies.tsx";
import { mcpConfigs } from "./sample.ts";

/** How agents reach the API, and which apps a person has authorized to. */
export function Mcp() {
  const { t } = useLingui();
  const url = `${start.apiUrl}/mcp`;
  return (
    <Developers>
      <Card title={t`Connect an agent`}>
        <div className="space-y-4 text-sm">
          <p>
            <Trans>
              Agents use Ampost over MCP. Add this address to your client; it opens a page here on which you authorize
              it.
            </Trans>{" "}
            <OutLink href="/docs/mcp">{t`About MCP`}</OutLink>
          </p>
          <Copyable label={t`MCP address`} text={url} />
          <Tabs.Root defaultValue="0">
            <Tabs.List aria-label={t`Client`} className={tabsClass}>
              {mcpConfigs(url).map(({ client }, index) => (
                <Tabs.Trigger key={client} value={String(index)} className={tabClass}>
                  {client}
                </Tabs.Trigger>
              ))}
            </Tabs.List>
            {mcpConfigs(url).map(({ client, where, text }, index) => (
              <Tabs.Content key={client} value={String(index)} className="space-y-2">
                <p className="text-dim">{where === null ? t`In a terminal:` : t`In ${where}:`}</p>
                <Copyable label={client} text={text} />
              </Tabs.Content>
            ))}
          </Tabs.Root>
          <p className="text-dim">
            <Trans>
              A client that cannot open a page sends a key instead: create one under API keys, where its configuration
              is shown with it.
            </Trans>
          </p>
        </div>
      </Card>
      <Grants />
    </Developers>
  );
}

function Grants() {
  const { t } = useLingui();
  const mode = useMode();
  const { data, error, refetch } = useRead(keysList);
  const grants = data?.keys.filter((key) => key.mode === mode && key.clientId !== null) ?? [];
  const [living, ended] = [grants.filter((each) => !hasEnded(each)), grants.filter(hasEnded)];
  return (
    <Card title={t`Authorized apps`}>
      {error !== null && data === undefined && <Failure error={error} onRetry={() => void refetch()} />}
      {error === null && data === undefined && <Loading rows={2} />}
      {data !== undefined && living.length === 0 && (
        <p className="text-sm text-dim">
          {mode === "test" ? t`No app has access in test mode.` : t`No app has access in live mode.`}
        </p>
      )}
      <GrantList grants={living} />
      {ended.length > 0 && (
        <details className="mt-2 border-t pt-3">
          <summary className="text-sm font-semibold">{t`Ended`}</summary>
          <GrantList grants={ended} />
        </details>
      )}
    </Card>
  );
}

function GrantList({ grants }: { grants: readonly ApiKey[] }) {
  const { t } = useLingui();
  return (
    <ul className="divide-y">
      {grants.map((grant) => (
        <li key={grant.id} className="space-y-2 py-3">
          <div className="flex flex-wrap items-start justify-between gap-2">
            <div className="min-w-0">
              <h3 className="font-medium" dir="auto">
                {grant.name}
              </h3>
              <p className="text-sm text-dim">
                {grant.clientId !== null && URL.canParse(grant.clientId) ? (
                  grant.clientId
                ) : (
                  <Trans>Self-registered: its origin is unknown.</Trans>
                )}
              </p>
            </div>
            {hasEnded(grant) ? (
              <Tag tone="bad">{grant.revokedAt === null ? t`Expired` : t`Revoked`}</Tag>
            ) : (
              <RevokeKey apiKey={grant} />
            )}
          </div>
          <KeyTimes apiKey={grant} />
          <Policies policies={grant.policies} />
        </li>
      ))}
    </ul>
  );
}
