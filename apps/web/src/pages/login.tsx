import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ask } from "../api.ts";
import { Heading } from "../parts/heading.tsx";
import { ProblemView } from "../parts/problem-view.tsx";

/** Takes the token that a farm asks for, and has the browser keep it out of reach of scripts. */
export function LoginPage() {
  const [token, setToken] = useState("");
  const client = useQueryClient();
  const login = useMutation({
    mutationFn: () => ask("/session", { method: "POST", body: { token: token.trim() } }),
    onSuccess: () => client.resetQueries(),
  });
  return (
    <main className="login">
      <Heading text="Log in" />
      <p>This farm asks for a token. An admin makes one:</p>
      <pre>
        <code>shadowfarm tokens create NAME --role reader</code>
      </pre>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          login.mutate();
        }}
      >
        <label>
          Token
          <input
            type="password"
            autoComplete="current-password"
            required
            value={token}
            onChange={({ target }) => setToken(target.value)}
          />
        </label>
        <button type="submit" className="primary" disabled={login.isPending}>
          Log in
        </button>
      </form>
      {login.error && <ProblemView error={login.error} />}
    </main>
  );
}
