import { Trans } from "@lingui/react/macro";

import { start } from "../start.ts";
import { Notice } from "../ui/surfaces.tsx";

/** Where emails are if none are sent. */
export function NoMailServer() {
  if (start.hasMailServer) return null;
  return (
    <Notice tone="warn">
      <Trans>
        This instance has no mail server: emails are not sent, but written to files in <code>mail</code> in the data
        folder. Its operator can set AMPOST_SMTP_URL.
      </Trans>
    </Notice>
  );
}
