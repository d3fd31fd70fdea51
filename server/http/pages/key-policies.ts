import { PLATFORM_NAMES } from "../../../model/platform-names.ts";
import { catalog } from "../../../platforms/catalog.ts";
import { html, type Html } from "../html.ts";
import { check, type Filled, field } from "./form.ts";

/** The two modes, of which test is the one that does no harm. */
export function modeChoice(form: Filled | undefined): Html {
  const isLive = form?.text("mode") === "live";
  return html`<fieldset>
    <legend>Mode</legend>
    ${[
      check({ type: "radio", name: "mode", value: "test", label: "Test: posts go to the sandbox", checked: !isLive }),
      check({ type: "radio", name: "mode", value: "live", label: "Live: posts go to the platforms", checked: isLive }),
    ]}
  </fieldset>`;
}

/** The policies of a key or grant as form fields. `error` is shown next to the number of posts. */
export function policyFields(form: Filled | undefined, error: string | undefined): Html {
  const text = (name: string) => form?.text(name) ?? "";
  const chosen = form?.all("platforms") ?? [];
  return html`<fieldset>
      <legend>Publishing</legend>
      ${[
        check({
          name: "draftOnly",
          value: "1",
          label: "Drafts only: cannot schedule or publish",
          checked: text("draftOnly") !== "",
        }),
        check({
          name: "approvalRequired",
          value: "1",
          label: "Require approval: a person must approve each post before it is published",
          checked: text("approvalRequired") !== "",
        }),
      ]}
    </fieldset>
    <fieldset>
      <legend>Platforms (leave all unchecked to allow every platform)</legend>
      <div class="checks">
        ${PLATFORM_NAMES.map((name) =>
          check({
            name: "platforms",
            value: name,
            label: catalog[name].capabilities.label,
            checked: chosen.includes(name),
          }),
        )}
      </div>
    </fieldset>
    ${field({
      name: "postsPerDay",
      label: "Posts per day",
      type: "number",
      value: text("postsPerDay"),
      required: false,
      hint: "Leave empty for no limit.",
      error,
      more: { min: "1", max: "1000000", inputmode: "numeric" },
    })}
    ${field({
      name: "feesPerMonth",
      label: "Platform fees per month, in US dollars",
      type: "number",
      value: text("feesPerMonth"),
      required: false,
      hint: "What platforms may charge for the key's posts. Leave empty for no limit.",
      error: undefined,
      more: { min: "0", max: "1000000", step: "0.01", inputmode: "decimal" },
    })}`;
}

/** The policies from a form, for the operations to validate. */
export function policiesIn(form: Filled): object {
  const platforms = form.all("platforms");
  const postsPerDay = form.text("postsPerDay").trim();
  const feesPerMonth = form.text("feesPerMonth").trim();
  return {
    draftOnly: form.text("draftOnly") !== "",
    approvalRequired: form.text("approvalRequired") !== "",
    oauthApps: form.text("oauthApps") !== "",
    platforms: platforms.length === 0 ? null : platforms,
    postsPerDay: postsPerDay === "" ? null : Number(postsPerDay),
    feesPerMonthMicroUsd: feesPerMonth === "" ? null : Math.round(Number(feesPerMonth) * 1e6),
  };
}
