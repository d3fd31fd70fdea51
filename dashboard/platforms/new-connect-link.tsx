import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";

import { connectLinksCreate } from "../../contract/operations/connect-links.ts";
import { errorAt, errorElsewhere } from "../api/field-errors.ts";
import { useWrite } from "../api/use-api.ts";
import { start } from "../start.ts";
import { Button, Select, TextField } from "../ui/controls.tsx";
import { Copyable } from "../ui/copy.tsx";
import { Notice } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";

const HOUR_SECONDS = 3600;
const FIELDS = ["/platform", "/externalId", "/returnUrl", "/expiresInSeconds"];

/** Makes a link with which somebody else connects an account to a set. It is shown only once. */
export function NewConnectLink({ platformSetId }: { platformSetId: string }) {
  const { t } = useLingui();
  const create = useWrite(connectLinksCreate);
  const [platform, setPlatform] = useState("");
  const [hours, setHours] = useState("24");
  const [externalId, setExternalId] = useState("");
  const [returnUrl, setReturnUrl] = useState("");
  const link = create.data?.connectLink;
  if (link?.url !== undefined && link.url !== null)
    return (
      <div className="space-y-4">
        <Copyable label={t`Connect link`} text={link.url} />
        <p className="text-sm">{t`Copy it now: it is not shown again. Anyone who has it can use it.`}</p>
        <p className="text-sm">
          <Trans>
            Send it to the owner of the accounts. It works until <Time at={link.expiresAt} withZone />.
          </Trans>
        </p>
        <Button onClick={() => create.reset()}>{t`Create another`}</Button>
      </div>
    );
  const forSeveral = platform === "" && returnUrl === "";
  const elsewhere = errorElsewhere(create.error, FIELDS);
  return (
    <form
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate({
          body: {
            platformSetId,
            platform: start.platforms.find(({ name }) => name === platform)?.name ?? null,
            externalId: externalId === "" ? null : externalId,
            returnUrl: returnUrl === "" ? null : returnUrl,
            expiresInSeconds: Number(hours) * HOUR_SECONDS,
          },
        });
      }}
    >
      <p className="text-sm text-dim">
        <Trans>
          With the link, somebody without a login here, such as your customer, connects their account to this set.
        </Trans>
      </p>
      {elsewhere !== undefined && <Notice tone="bad">{elsewhere}</Notice>}
      <Select
        label={t`Platform`}
        value={platform}
        onChange={({ target }) => setPlatform(target.value)}
        options={[
          { value: "", name: returnUrl === "" ? t`All platforms` : t`The person chooses` },
          ...start.platforms.map(({ name, label }) => ({ value: name, name: label })),
        ]}
        hint={
          forSeveral
            ? t`On one page, the person connects an account on each platform they want.`
            : t`The link works once, for one account.`
        }
        error={errorAt(create.error, "/platform")}
      />
      <Select
        label={t`Works for`}
        value={hours}
        onChange={({ target }) => setHours(target.value)}
        options={[
          { value: "1", name: t`1 hour` },
          { value: "24", name: t`1 day` },
          { value: "168", name: t`7 days` },
          { value: "720", name: t`30 days` },
        ]}
        error={errorAt(create.error, "/expiresInSeconds")}
      />
      <TextField
        label={t`Your ID for the owner (optional)`}
        hint={t`The accounts carry it as externalId.`}
        value={externalId}
        autoComplete="off"
        onChange={({ target }) => setExternalId(target.value)}
        error={errorAt(create.error, "/externalId")}
      />
      <TextField
        label={t`Return URL (optional)`}
        hint={t`Where the browser goes afterwards. Without one, it stays here.`}
        type="url"
        value={returnUrl}
        autoComplete="off"
        onChange={({ target }) => setReturnUrl(target.value)}
        error={errorAt(create.error, "/returnUrl")}
      />
      <Button type="submit" kind="main" isBusy={create.isPending}>
        {t`Create connect link`}
      </Button>
    </form>
  );
}
