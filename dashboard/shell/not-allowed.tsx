import { useLingui } from "@lingui/react/macro";

import { useRoles } from "../people/role-names.ts";
import { Empty } from "../ui/surfaces.tsx";
import { workspace } from "./workspace.ts";

/** Stands where the person's role allows nothing. */
export function NotAllowed() {
  const { t } = useLingui();
  const { name, can } = useRoles()[workspace.role];
  return (
    <Empty title={t`Your role does not allow this`}>
      {t`In ${workspace.name}, you are: ${name}. ${can} Ask the owner for another role.`}
    </Empty>
  );
}
