import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { startTheme } from "./color-theme.ts";
import { router } from "./router.ts";
import { openClient } from "./session.ts";

startTheme();
createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <QueryClientProvider client={openClient()}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
