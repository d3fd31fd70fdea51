import { useLingui } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";

import { buttonClass } from "../ui/controls.tsx";
import { Empty } from "../ui/surfaces.tsx";

/** Says that there is no such post in this mode. */
export function PostNotFound() {
  const { t } = useLingui();
  return (
    <Empty
      title={t`Post not found`}
      action={
        <Link to="/posts" className={buttonClass("main")}>
          {t`All posts`}
        </Link>
      }
    >
      {t`It does not exist in this mode. Posts made in test mode are not in live mode, and the other way round.`}
    </Empty>
  );
}
