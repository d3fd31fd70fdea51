import { useLingui } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useEffect, useState } from "react";

import { accountsList } from "../../contract/operations/accounts.ts";
import { keysCreate, keysList } from "../../contract/operations/api-keys.ts";
import { platformSetsConnectOptions } from "../../contract/operations/connections.ts";
import { platformSetsList } from "../../contract/operations/platform-sets.ts";
import { postsList } from "../../contract/operations/posts.ts";
import { webhooksCreate, webhooksList } from "../../contract/operations/webhooks.ts";
import type { Mode } from "../../model/platform-names.ts";
import { errorAt, errorElsewhere } from "../api/field-errors.ts";
import { useRead, useWrite } from "../api/use-api.ts";
import { PostSnippets, WebhookSnippets } from "../developers/snippets.tsx";
import { Connect } from "../platforms/connect.tsx";
import { useMode } from "../shell/mode.ts";
import { queryIn } from "../shell/workspace.ts";
import { start } from "../start.ts";
import { Button, OutLink, TextField } from "../ui/controls.tsx";
import { Copyable } from "../ui/copy.tsx";
import { Card, Loading, Notice } from "../ui/surfaces.tsx";
import { Said } from "../words/use-words.tsx";
import { FirstPost } from "./first-post.tsx";

const KEY_PLACE = "YOUR_KEY";
const FRESH = { everyMilliseconds: 5_000 };
const IN_TEST = { ...FRESH, mode: "test" } as const;

interface Step {
  id: string;
  name: string;
  isDone: boolean;
  content: ReactNode;
}

interface GettingStartedProps {
  isAsked: boolean;
  onHide: () => void;
  onShown: (isShown: boolean) => void;
}

/**
 * The way from an empty account to posts on real platforms. What is done ticks by itself; once all is, the list is gone,
 * unless somebody asks for it.
 */
export function GettingStarted({ isAsked, onHide, onShown }: GettingStartedProps) {
  const { t } = useLingui();
  const [opened, setOpened] = useState<string | null>(null);
  const [key, setKey] = useState<string | null>(null);
  const accounts = useRead(accountsList, {}, IN_TEST);
  const liveAccounts = useRead(accountsList, {}, { ...FRESH, mode: "live" });
  const posts = useRead(postsList, { query: { status: "published", limit: 1 } }, IN_TEST);
  const keys = useRead(keysList, {}, IN_TEST);
  const webhooks = useRead(webhooksList, {}, IN_TEST);
  const reads = [accounts, liveAccounts, posts, keys, webhooks];
  if (reads.some(({ isPending }) => isPending)) return <Loading />;
  if (reads.some(({ data }) => data === undefined)) return null;

  const isKeyOfUser = keys.data?.keys.some(
    ({ mode, revokedAt, clientId }) => mode === "test" && revokedAt === null && clientId === null,
  );
  const steps: Step[] = [
    {
      id: "connect",
      name: t`Connect an account in the sandbox`,
      isDone: (accounts.data?.accounts.length ?? 0) > 0,
      content: (
        <>
          <p>{t`The sandbox stands in for every platform. You sign in as nobody real, and nothing you publish is public.`}</p>
          <ConnectHere mode="test" />
        </>
      ),
    },
    {
      id: "post",
      name: t`Publish your first post`,
      isDone: (posts.data?.total ?? 0) > 0,
      content: (
        <>
          <p>{t`Write it once, and see what each platform makes of it. Everything is checked while you write.`}</p>
          <FirstPost onAct={() => setOpened("post")} />
        </>
      ),
    },
    {
      id: "key",
      name: t`Create an API key`,
      isDone: isKeyOfUser === true,
      content: (
        <>
          <NewKey made={key} onAct={() => setOpened("key")} onMade={setKey} />
          <KeyHint isMade={key !== null} />
          <PostSnippets apiKey={key ?? KEY_PLACE} mode="test" policies={null} />
        </>
      ),
    },
    {
      id: "webhook",
      name: t`Create a webhook`,
      isDone: (webhooks.data?.webhooks.length ?? 0) > 0,
      content: (
        <>
          <NewWebhook onAct={() => setOpened("webhook")} />
          <KeyHint isMade={key !== null} />
          <WebhookSnippets apiKey={key ?? KEY_PLACE} />
        </>
      ),
    },
    {
      id: "live",
      name: t`Go live`,
      isDone: (liveAccounts.data?.accounts.length ?? 0) > 0,
      content: (
        <>
          <p>{t`Connect your real accounts in live mode, and create a live key. Everything else stays the same.`}</p>
          <ConnectHere mode="live" />
          <p>
            <Link to="/developers/keys" search={{ mode: "live" }} className="text-link underline">
              {t`Create a live key`}
            </Link>
          </p>
          <p>
            <OutLink href={`${start.docsUrl}/connecting-accounts`}>{t`How connecting works`}</OutLink>
          </p>
        </>
      ),
    },
  ];
  const done = steps.filter(({ isDone }) => isDone).length;
  // What is shown only once stays until the step is closed.
  const isShownOnce = (opened === "key" && key !== null) || opened === "webhook" || opened === "post";
  if (done === steps.length && !isShownOnce && !isAsked) return null;
  const open = opened ?? steps.find(({ isDone }) => !isDone)?.id;
  return (
    <Card
      title={t`Getting started`}
      actions={
        <div className="flex items-center gap-1">
          <span className="text-sm text-dim">{t`${done} of ${steps.length} done`}</span>
          <Button kind="quiet" onClick={onHide}>{t`Hide`}</Button>
        </div>
      }
    >
      <WhileShown onChange={onShown} />
      <ol className="divide-y">
        {steps.map(({ id, name, isDone, content }, index) => (
          <li key={id}>
            <h3>
              <button
                type="button"
                aria-expanded={open === id}
                onClick={() => setOpened(open === id ? "" : id)}
                className="flex min-h-12 w-full items-center gap-3 text-start text-sm font-semibold"
              >
                <span
                  aria-hidden="true"
                  className={`flex size-6 shrink-0 items-center justify-center rounded-full text-xs ${isDone ? "bg-good-tint text-good" : "bg-tint text-dim"}`}
                >
                  {isDone ? "✓" : index + 1}
                </span>
                <span className={isDone ? "text-dim" : ""}>{name}</span>
                {isDone && <span className="sr-only">{t`Done`}</span>}
              </button>
            </h3>
            {open === id && <div className="space-y-3 pb-4 text-sm sm:ps-9">{content}</div>}
          </li>
        ))}
      </ol>
    </Card>
  );
}

/** Tells whether what it is part of is shown. */
function WhileShown({ onChange }: { onChange: (isShown: boolean) => void }) {
  useEffect(() => {
    onChange(true);
    return () => onChange(false);
  }, [onChange]);
  return null;
}

function KeyHint({ isMade }: { isMade: boolean }) {
  const { t } = useLingui();
  return isMade ? null : <p>{t`Replace ${KEY_PLACE} with your key.`}</p>;
}

/** What can be connected to the first platform set of a mode. */
function ConnectHere({ mode }: { mode: Mode }) {
  const { t } = useLingui();
  const current = useMode();
  const sets = useRead(platformSetsList, {}, { mode });
  const accounts = useRead(accountsList, {}, { mode });
  const set = sets.data?.sets.find(({ isDefault }) => isDefault) ?? sets.data?.sets[0];
  const options = useRead(
    platformSetsConnectOptions,
    { params: { id: set?.id ?? "" } },
    { mode, enabled: set !== undefined },
  );
  if (sets.isPending || accounts.isPending || options.isLoading) return <Loading rows={1} />;
  const taken = accounts.data?.accounts.filter(({ platformSetId }) => platformSetId === set?.id) ?? [];
  const free = options.data?.connectOptions.filter(({ platform }) => taken.every((each) => each.platform !== platform));
  return (
    <>
      {set !== undefined && free !== undefined && (
        <Connect set={set} options={free} returnTo={`/?${queryIn(current)}`} />
      )}
      <Link to="/platforms" search={{ mode }} className="text-link underline">
        {t`All accounts and platform sets`}
      </Link>
    </>
  );
}

/** A key is shown only once: here. */
function NewKey({ made, onAct, onMade }: { made: string | null; onAct: () => void; onMade: (key: string) => void }) {
  const { t } = useLingui();
  const create = useWrite(keysCreate, [], { mode: "test" });
  if (made !== null)
    return (
      <>
        <Notice tone="good">{t`This is your test key. Store it now: it is shown only once.`}</Notice>
        <Copyable label={t`Your key`} text={made} />
      </>
    );
  return (
    <>
      <p>{t`Programs and agents call the API with a key. A test key reaches only the sandbox.`}</p>
      {create.error !== null && (
        <Notice tone="bad">
          <Said text={create.error.message} />
        </Notice>
      )}
      <Button
        kind="main"
        isBusy={create.isPending}
        onClick={() => {
          onAct();
          create.mutate(
            { body: { name: t`Getting started`, mode: "test" } },
            { onSuccess: ({ key }) => key.apiKey !== null && onMade(key.apiKey) },
          );
        }}
      >
        {t`Create a test key`}
      </Button>
    </>
  );
}

function NewWebhook({ onAct }: { onAct: () => void }) {
  const { t } = useLingui();
  const [url, setUrl] = useState("");
  const create = useWrite(webhooksCreate, [], { mode: "test" });
  const secret = create.data?.webhook.secret;
  if (secret !== undefined && secret !== null)
    return (
      <>
        <Notice tone="good">{t`Events are sent from now on. Verify them with this secret, which is shown only once.`}</Notice>
        <Copyable label={t`Secret`} text={secret} />
      </>
    );
  return (
    <form
      className="space-y-3"
      onSubmit={(event) => {
        event.preventDefault();
        onAct();
        create.mutate({ body: { url } });
      }}
    >
      <p>{t`Your server is notified when a post is published or fails.`}</p>
      <TextField
        label={t`URL that events are sent to`}
        type="url"
        required
        placeholder="https://"
        value={url}
        onChange={({ target }) => setUrl(target.value)}
        error={errorAt(create.error, "/url") ?? errorElsewhere(create.error, ["/url"])}
      />
      <Button type="submit" kind="main" isBusy={create.isPending}>{t`Create the webhook`}</Button>
    </form>
  );
}
