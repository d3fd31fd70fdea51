import { useLingui } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";

import { accountsList } from "../../contract/operations/accounts.ts";
import { keysCreate, keysList } from "../../contract/operations/api-keys.ts";
import { platformSetsList } from "../../contract/operations/platform-sets.ts";
import { postsList } from "../../contract/operations/posts.ts";
import { webhooksCreate, webhooksList } from "../../contract/operations/webhooks.ts";
import { useRead, useWrite } from "../api/use-api.ts";
import { labelOf, start } from "../start.ts";
import { Button, buttonClass, OutLink, TextField } from "../ui/controls.tsx";
import { Card, Loading, Notice } from "../ui/surfaces.tsx";
import { CopyButton, Snippets } from "./code.tsx";
import { type Facts, firstPost, firstWebhook } from "./snippets.ts";

const STORED = "ampost.gettingStarted";
const KEY_PLACE = "YOUR_KEY";
const FRESH = { everyMilliseconds: 5_000 };
const IN_TEST = { ...FRESH, mode: "test" } as const;

/** The way from an empty account to posts on real platforms. What is done ticks by itself. */
export function GettingStarted() {
  const [isHidden, setHidden] = useState(() => localStorage.getItem(STORED) === "hidden");
  if (isHidden) return null;
  const hide = () => {
    localStorage.setItem(STORED, "hidden");
    setHidden(true);
  };
  return <Steps onHide={hide} />;
}

interface Step {
  id: string;
  name: string;
  isDone: boolean;
  content: ReactNode;
}

function Steps({ onHide }: { onHide: () => void }) {
  const { t } = useLingui();
  const [opened, setOpened] = useState<string | null>(null);
  const [key, setKey] = useState<string | null>(null);
  const accounts = useRead(accountsList, {}, IN_TEST);
  const liveAccounts = useRead(accountsList, {}, { ...FRESH, mode: "live" });
  const posts = useRead(postsList, { query: { limit: 1 } }, IN_TEST);
  const keys = useRead(keysList, {}, IN_TEST);
  const webhooks = useRead(webhooksList, {}, IN_TEST);
  const sets = useRead(platformSetsList, {}, IN_TEST);
  const reads = [accounts, liveAccounts, posts, keys, webhooks, sets];
  if (reads.some(({ isPending }) => isPending)) return <Loading />;
  if (reads.some(({ data }) => data === undefined)) return null;

  const account = accounts.data?.accounts[0];
  const platform = account?.platform ?? start.platforms[0]?.name;
  if (platform === undefined) return null;
  const facts: Facts = {
    apiUrl: start.apiUrl,
    clientUrl: start.clientUrl,
    key: key ?? KEY_PLACE,
    platformSetId: account?.platformSetId ?? sets.data?.sets[0]?.id ?? "",
    platform,
    label: labelOf(platform),
  };
  const isKeyOfUser = keys.data?.keys.some(
    ({ mode, revokedAt, clientId }) => mode === "test" && revokedAt === null && clientId === null,
  );
  const steps: Step[] = [
    {
      id: "connect",
      name: t`Connect an account in the sandbox`,
      isDone: account !== undefined,
      content: (
        <>
          <p>{t`The sandbox stands in for every platform. You sign in as nobody real, and nothing you publish is public.`}</p>
          <Link to="/platforms" search={{ mode: "test" }} className={buttonClass("main")}>
            {t`Connect accounts`}
          </Link>
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
          <Link to="/compose" search={{ mode: "test" }} className={buttonClass("main")}>
            {t`New post`}
          </Link>
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
          <p>
            {key === null
              ? t`Run this with your key in place of ${KEY_PLACE} to publish a post.`
              : t`Run this to publish a post. It has your key and platform set in it.`}
          </p>
          <Snippets name={t`First post`} texts={firstPost(facts)} />
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
          <Snippets name={t`First webhook`} texts={firstWebhook(facts)} />
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
          <div className="flex flex-wrap items-center gap-3">
            <Link to="/platforms" search={{ mode: "live" }} className={buttonClass("main")}>
              {t`Connect real accounts`}
            </Link>
            <OutLink href={`${start.docsUrl}/connecting-accounts`}>{t`How connecting works`}</OutLink>
          </div>
        </>
      ),
    },
  ];
  const done = steps.filter(({ isDone }) => isDone).length;
  // What is shown only once stays until the step is closed.
  const isShownOnce = (opened === "key" && key !== null) || opened === "webhook";
  if (done === steps.length && !isShownOnce) return null;
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

/** A key is shown only once: here. */
function NewKey({ made, onAct, onMade }: { made: string | null; onAct: () => void; onMade: (key: string) => void }) {
  const { t } = useLingui();
  const create = useWrite(keysCreate, [], "test");
  if (made !== null)
    return (
      <>
        <Notice tone="good">{t`This is your test key. Store it now: it is shown only once.`}</Notice>
        <p className="flex flex-wrap items-center gap-2">
          <code className="rounded-lg border bg-page px-2 py-1.5">{made}</code>
          <CopyButton text={made} label={t`Copy the key`} />
        </p>
      </>
    );
  return (
    <>
      <p>{t`Programs and agents call the API with a key. A test key reaches only the sandbox.`}</p>
      {create.error !== null && <Notice tone="bad">{create.error.message}</Notice>}
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
  const create = useWrite(webhooksCreate, [], "test");
  const secret = create.data?.webhook.secret;
  if (secret !== undefined && secret !== null)
    return (
      <>
        <Notice tone="good">{t`Events are sent from now on. Verify them with this secret, which is shown only once.`}</Notice>
        <p className="flex flex-wrap items-center gap-2">
          <code className="rounded-lg border bg-page px-2 py-1.5">{secret}</code>
          <CopyButton text={secret} label={t`Copy the secret`} />
        </p>
      </>
    );
  const [issue] = create.error?.issues ?? [];
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
        error={
          create.error === null
            ? undefined
            : issue === undefined
              ? create.error.message
              : `${issue.message} ${issue.fix}`
        }
      />
      <Button type="submit" kind="main" isBusy={create.isPending}>{t`Create the webhook`}</Button>
    </form>
  );
}
