import { useLingui } from "@lingui/react/macro";
import { useState } from "react";

import { Button, TextField } from "../ui/controls.tsx";
import { Dialog } from "../ui/surfaces.tsx";

/** Asks for the URL of a file. What `onUrl` rejects with is shown beside the field. */
export function UrlDialog({
  isOpen,
  onClose,
  onUrl,
}: {
  isOpen: boolean;
  onClose: () => void;
  onUrl: (url: string) => Promise<void>;
}) {
  const { t } = useLingui();
  const [url, setUrl] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const isUrl = /^https?:\/\/\S+$/.test(url.trim());
  const add = async () => {
    setBusy(true);
    setError(null);
    try {
      await onUrl(url.trim());
      setUrl("");
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={t`Add media from a URL`} isOpen={isOpen} onClose={onClose}>
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (isUrl) void add();
        }}
      >
        <TextField
          label={t`URL of an image or video`}
          type="url"
          value={url}
          error={error}
          onChange={({ target }) => {
            setUrl(target.value);
            setError(null);
          }}
        />
        <Button type="submit" kind="main" disabled={!isUrl} isBusy={isBusy}>
          {t`Add`}
        </Button>
      </form>
    </Dialog>
  );
}
