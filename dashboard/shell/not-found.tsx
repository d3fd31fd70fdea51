import { useLingui } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";

import { buttonClass } from "../ui/controls.tsx";
import { Empty } from "../ui/surfaces.tsx";

export function NotFound() {
  const { t } = useLingui();
  return (
    <Empty
      title={t`Page not found`}
      action={
        <Link to="/" className={buttonClass("main")}>
          {t`Home`}
        </Link>
      }
    />
  );
}
