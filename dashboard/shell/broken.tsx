import { useLingui } from "@lingui/react/macro";

import { Button } from "../ui/controls.tsx";
import { Notice, View } from "../ui/surfaces.tsx";

/** What stands where a view failed, or a part of it that is gone since Ampost was upgraded. */
export function Broken({ error }: { error: unknown }) {
  const { t } = useLingui();
  return (
    <View
      title={t`This page could not be shown`}
      actions={<Button kind="main" onClick={() => location.reload()}>{t`Reload`}</Button>}
    >
      <Notice tone="bad">
        <code className="break-words">{String(error)}</code>
      </Notice>
    </View>
  );
}
