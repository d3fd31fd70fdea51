import { join } from "node:path";

import { lingui, linguiTransformerBabelPreset } from "@lingui/vite-plugin";
import babel from "@rolldown/plugin-babel";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

import { operationAddresses } from "./operation-addresses.ts";

const ROOT = join(import.meta.dirname, "..");

export default defineConfig({
  root: import.meta.dirname,
  base: "/app/",
  logLevel: "warn",
  plugins: [
    operationAddresses(join(ROOT, "contract/operations")),
    babel({ presets: [linguiTransformerBabelPreset({}, { cwd: import.meta.dirname })] }),
    react(),
    lingui({ cwd: import.meta.dirname }),
    tailwindcss(),
  ],
  build: { target: "es2022", sourcemap: false, reportCompressedSize: false, modulePreload: { polyfill: false } },
});
