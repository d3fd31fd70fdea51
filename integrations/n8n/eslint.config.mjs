import { fixupPluginRules } from "@eslint/compat";
import { n8nCommunityNodesPlugin } from "@n8n/eslint-plugin-community-nodes";
import nodesBase from "eslint-plugin-n8n-nodes-base";
import tseslint from "typescript-eslint";

import house from "../../eslint.config.js";

/** The rules of `n8n-node lint`, all as errors, in addition to our own. */
const communityNodes = n8nCommunityNodesPlugin.configs.recommended;
const rules = (given) => Object.fromEntries(Object.keys(given).map((name) => [name, "error"]));

export default tseslint.config(
  { ignores: ["dist/"] },
  ...house,
  {
    files: ["**/*.ts", "package.json"],
    plugins: { "n8n-nodes-base": fixupPluginRules(nodesBase), ...communityNodes.plugins },
    rules: rules(communityNodes.rules),
  },
  {
    files: ["package.json"],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { projectService: false, extraFileExtensions: [".json"] },
    },
    rules: rules(nodesBase.configs.community.rules),
  },
  {
    files: ["credentials/**/*.ts"],
    rules: {
      ...rules(nodesBase.configs.credentials.rules),
      // Off in `n8n-node lint` too, in favor of the other plugin's rules.
      "n8n-nodes-base/cred-class-field-documentation-url-miscased": "off",
      "n8n-nodes-base/cred-class-field-type-options-password-missing": "off",
    },
  },
  {
    files: ["nodes/**/*.ts"],
    rules: {
      ...rules(nodesBase.configs.nodes.rules),
      // Off in `n8n-node lint` too: it does not know NodeConnectionTypes, and would have no maximum.
      "n8n-nodes-base/node-class-description-inputs-wrong-regular-node": "off",
      "n8n-nodes-base/node-class-description-outputs-wrong": "off",
      "n8n-nodes-base/node-param-type-options-max-value-present": "off",
    },
  },
);
