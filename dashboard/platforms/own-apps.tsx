import { Trans, useLingui } from "@lingui/react/macro";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";

import {
  type ConnectOption,
  platformSetsConnectOptions,
  oauthAppsDelete,
  oauthAppsList,
  type OAuthAppOfSet,
} from "../../contract/operations/connections.ts";
import { platformSetsList } from "../../contract/operations/platform-sets.ts";
import { readNow, useRead, useWrite } from "../api/use-api.ts";
import { labelOf } from "../start.ts";
import { Confirm } from "../ui/confirm.tsx";
import { Button, buttonClass, OutLink } from "../ui/controls.tsx";
import { Copyable } from "../ui/copy.tsx";
import { Failure } from "../ui/failure.tsx";
import { PlatformLogo } from "../ui/platform-logo.tsx";
import { Loading, Tag, View } from "../ui/surfaces.tsx";
import { useToasts } from "../ui/toasts.tsx";
import { OwnAppForm } from "./own-app-form.tsx";

/** The apps of developer portals through which accounts connect to a set, instead of the instance's. */
export function OwnApps() {
  const { t } = useLingui();
  const { id } = useParams({ from: "/platforms/$id/apps" });
  const params = { id };
  const sets = useRead(platformSetsList);
  const options = useRead(platformSetsConnectOptions, { params });
  const apps = useRead(oauthAppsList, { params });
  const appsNow = readNow(apps)?.apps;
  const error = options.error ?? apps.error;
  const name = sets.data?.sets.find((set) => set.id === id)?.name ?? "";
  return (
    <View
      title={t`Developer apps`}
      actions={
        <Link to="/platforms" className={buttonClass()}>
          {t`Platforms`}
        </Link>
      }
    >
      {error !== null && (
        <Failure
          error={error}
          onRetry={() => {
            void options.refetch();
            void apps.refetch();
          }}
        />
      )}
      {(options.data === undefined || appsNow === undefined || sets.isPending) && error === null && (
        <Loading rows={7} />
      )}
      {options.data !== undefined && appsNow !== undefined && !sets.isPending && (
        <>
          <p className="text-sm text-dim">
            <Trans>
              Accounts of the set “{name}” connect through an app on each platform's developer portal: the instance's if
              it has one, or your own. The secret of your own app is encrypted and never shown again. Accounts that are
              already connected keep the app they were connected with.
            </Trans>
          </p>
          {options.data.connectOptions.map((option) => (
            <AppCard
              key={option.platform}
              platformSetId={id}
              option={option}
              app={appsNow.find(({ platform }) => platform === option.platform)}
            />
          ))}
        </>
      )}
    </View>
  );
}

function AppCard({
  platformSetId,
  option,
  app,
}: {
  platformSetId: string;
  option: ConnectOption;
  app: OAuthAppOfSet | undefined;
}) {
  const { t } = useLingui();
  const [isRemoving, setIsRemoving] = useState(false);
  const { platform, ownApp } = option;
  const label = labelOf(platform);
  const heading = `app-${platform}`;
  return (
    <section aria-labelledby={heading} className="rounded-2xl border bg-card p-4 sm:p-5">
      <div className="flex flex-wrap items-center gap-2">
        <PlatformLogo platform={platform} />
        <h2 id={heading} className="grow text-base font-semibold">
          {label}
        </h2>
        {app !== undefined ? (
          <Tag tone="good">{t`Your app`}</Tag>
        ) : option.logins.length > 0 ? (
          <Tag>{t`Instance's app`}</Tag>
        ) : (
          <Tag tone="warn">{t`No app`}</Tag>
        )}
        {app !== undefined && (
          <Button kind="danger" aria-label={t`Remove your ${label} app`} onClick={() => setIsRemoving(true)}>
            {t`Remove`}
          </Button>
        )}
      </div>
      {app !== undefined && (
        <p className="mt-1 text-sm text-dim">
          <Trans>
            Client ID <code>{app.clientId}</code>
          </Trans>
        </p>
      )}
      <details className="mt-2">
        <summary className="w-fit rounded py-1 text-sm font-semibold text-link">
          {app === undefined ? t`Use your own ${label} app` : t`Change your ${label} app`}
        </summary>
        <div className="mt-3 space-y-5">
          <p className="text-sm">
            <Trans>
              Create the app on{" "}
              {ownApp.portalUrl === null ? (
                t`${label}'s developer portal`
              ) : (
                <OutLink href={ownApp.portalUrl}>{t`${label}'s developer portal`}</OutLink>
              )}{" "}
              with the redirect URI and the permissions below, then enter its client ID and secret.
            </Trans>{" "}
            <OutLink href={`/docs/platforms/${platform}#going-live`}>{t`All steps for ${label}`}</OutLink>
          </p>
          <div className="space-y-2 text-sm">
            <h3 className="font-semibold">{t`Redirect URI`}</h3>
            <Copyable label={t`Redirect URI`} text={app?.redirectUri ?? ownApp.redirectUri} />
            <p className="text-dim">{t`Register exactly this on ${label}'s developer portal.`}</p>
          </div>
          <OwnAppForm platformSetId={platformSetId} option={option} app={app} />
        </div>
      </details>
      <RemoveApp
        platformSetId={platformSetId}
        option={option}
        isOpen={isRemoving}
        onClose={() => setIsRemoving(false)}
      />
    </section>
  );
}

function RemoveApp({
  platformSetId,
  option: { platform },
  isOpen,
  onClose,
}: {
  platformSetId: string;
  option: ConnectOption;
  isOpen: boolean;
  onClose: () => void;
}) {
  const { t } = useLingui();
  const toasts = useToasts();
  const remove = useWrite(oauthAppsDelete);
  return (
    <Confirm
      title={t`Remove your ${labelOf(platform)} app?`}
      action={t`Remove`}
      isOpen={isOpen}
      isBusy={remove.isPending}
      onClose={onClose}
      onConfirm={() =>
        remove.mutate(
          { params: { id: platformSetId, platform } },
          {
            onSuccess: () => {
              toasts.say(t`The app has been removed. New connections use the instance's app, if it has one.`);
              onClose();
            },
            onError: toasts.sayFailure,
          },
        )
      }
    >
      <p>
        <Trans>Its secret is deleted. Accounts that are already connected keep the app they were connected with.</Trans>
      </p>
    </Confirm>
  );
}
