import { i18n } from "@lingui/core";
import { I18nProvider, useLingui } from "@lingui/react";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { Direction } from "radix-ui";
import { type ReactNode, StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { AmpostError } from "../client/errors.ts";
import "./app.css";
import "./jitless.ts";
import { router } from "./routes.tsx";
import { applyBrand } from "./shell/brand.ts";
import { chooseLanguage } from "./shell/language.ts";
import { applyTheme } from "./shell/theme.ts";
import { adoptTimeZone } from "./shell/time-zone.ts";
import { ToastRoom } from "./ui/toasts.tsx";

applyTheme();
applyBrand();
adoptTimeZone();
await chooseLanguage();

const cache = new QueryClient({
  defaultOptions: {
    // The client below has its own retries.
    queries: { retry: false, throwOnError: signInFirst },
    mutations: { retry: false, networkMode: "always", throwOnError: signInFirst },
  },
});

let isLeaving = false;
addEventListener("beforeunload", () => {
  isLeaving = true;
  // Whoever was asked may have stayed.
  setTimeout(() => (isLeaving = false), 10_000);
});

/** A session that has ended: the server leads back here after the sign-in. Signing out leads to a page of its own. */
function signInFirst(error: Error): boolean {
  if (error instanceof AmpostError && error.status === 401 && !isLeaving) location.reload();
  return false;
}

/** Menus and tabs would otherwise be from left to right in every language. */
function Directed({ children }: { children: ReactNode }) {
  useLingui();
  const dir = document.documentElement.dir === "rtl" ? "rtl" : "ltr";
  return <Direction.Provider dir={dir}>{children}</Direction.Provider>;
}

const root = document.getElementById("app");
if (root !== null)
  createRoot(root).render(
    <StrictMode>
      <I18nProvider i18n={i18n}>
        <Directed>
          <QueryClientProvider client={cache}>
            <ToastRoom>
              <RouterProvider router={router} />
            </ToastRoom>
          </QueryClientProvider>
        </Directed>
      </I18nProvider>
    </StrictMode>,
  );
