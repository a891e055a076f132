import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { ApiError } from "../api.ts";
import { useTheme } from "../color-theme.ts";
import { useLive } from "../live.ts";
import { navigation } from "../navigation.ts";
import { LoginPage } from "../pages/login.tsx";
import { queries } from "../queries.ts";
import { Loaded } from "./loaded.tsx";
import { SearchBox } from "./search-box.tsx";
import { Shortcuts } from "./shortcuts.tsx";
import { isTyping } from "./typing.ts";

/** What surrounds every page; nobody gets past it without the token that the farm asks for. */
export function Frame() {
  const me = useQuery(queries.me());
  const [theme, toggleTheme] = useTheme();
  if (me.error instanceof ApiError && me.error.status === 401) return <LoginPage />;
  return (
    <>
      <a className="skip" href="#page">
        Skip to the page
      </a>
      <header className="top">
        <span className="brand">Shadowfarm</span>
        <nav aria-label="Pages">
          {navigation.map(({ label, letter: _, ...link }) => (
            <Link key={link.to} {...link} activeProps={{ "aria-current": "page" }}>
              {label}
            </Link>
          ))}
        </nav>
        <SearchBox />
        <button type="button" className="quiet" onClick={toggleTheme}>
          {theme === "dark" ? "Light" : "Dark"}
        </button>
        <Shortcuts />
      </header>
      <main id="page" tabIndex={-1}>
        <Loaded query={me}>{() => <Page />}</Loaded>
      </main>
      {me.data && <Footer name={me.data.name} role={me.data.role} version={me.data.version} />}
    </>
  );
}

function Page() {
  useLetters();
  return <Outlet />;
}

/** `g` and then a page's letter. */
function useLetters(): void {
  const navigate = useNavigate();
  const going = useRef(false);
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (isTyping(event)) return;
      const page = going.current && navigation.find(({ letter }) => letter === event.key);
      going.current = event.key === "g";
      if (page) void navigate({ to: page.to });
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, [navigate]);
}

function Footer({ name, role, version }: { name: string; role: string; version: string }) {
  const live = useLive();
  const [leaving, setLeaving] = useState(false);
  const leave = async () => {
    setLeaving(true);
    await fetch("/api/session", { method: "DELETE" });
    window.location.reload();
  };
  return (
    <footer>
      <span role="status">{live ? "live" : "waiting for the farm"}</span>
      <span>version {version}</span>
      <a href="/docs/">API</a>
      {name !== "" && (
        <span>
          {name}, {role}{" "}
          <button type="button" className="quiet" disabled={leaving} onClick={() => void leave()}>
            Log out
          </button>
        </span>
      )}
    </footer>
  );
}
