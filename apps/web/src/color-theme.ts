import { useEffect, useState } from "react";
import { plotStyle } from "./plots/theme.ts";

const KEY = "shadowfarm-theme";
const themes = ["light", "dark"] as const;
export type Theme = (typeof themes)[number];

/** Sets the chosen theme, and the plots' colours: a sheet made by script needs no exception in the page's policy. */
export function startTheme(): void {
  show(chosen());
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(plotStyle);
  document.adoptedStyleSheets.push(sheet);
}

/** The theme that is shown, and how to change it: the system's, until one is chosen. */
export function useTheme(): [theme: Theme, toggle: () => void] {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const [own, setOwn] = useState(chosen);
  const [dark, setDark] = useState(system.matches);
  useEffect(() => {
    const changed = ({ matches }: MediaQueryListEvent) => setDark(matches);
    const media = matchMedia("(prefers-color-scheme: dark)");
    media.addEventListener("change", changed);
    return () => media.removeEventListener("change", changed);
  }, []);
  const theme = own ?? (dark ? "dark" : "light");
  const toggle = () => {
    const next = theme === "dark" ? "light" : "dark";
    localStorage.setItem(KEY, next);
    show(next);
    setOwn(next);
  };
  return [theme, toggle];
}

function chosen(): Theme | null {
  const kept = localStorage.getItem(KEY);
  return themes.find((theme) => theme === kept) ?? null;
}

function show(theme: Theme | null): void {
  if (theme) document.documentElement.dataset.theme = theme;
}
