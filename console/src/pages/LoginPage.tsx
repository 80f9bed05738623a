import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { Button } from "../components/Button.tsx";
import { ErrorNotice } from "../components/ErrorNotice.tsx";
import { TextField } from "../components/Field.tsx";
import { Logo } from "../components/Logo.tsx";
import { useConsole } from "../console-context.ts";
import { createAction } from "../store/action.ts";

export function LoginPage() {
  const { api, session } = useConsole();
  const username = useSignal("admin");
  const password = useSignal("");
  const login = useMemo(
    () =>
      createAction(async () => {
        const json = { username: username.value, password: password.value };
        const { access_token: token } = await api.call<{ access_token: string }>("POST", "/auth/login", { json });
        session.start(token);
      }),
    [api, session, username, password],
  );
  useEffect(() => {
    document.title = "Log in · LocalAWS";
  }, []);
  return (
    <main class="login">
      <form
        class="login-card"
        onSubmit={(event) => {
          event.preventDefault();
          void login.run();
        }}
      >
        <div class="login-head">
          <Logo size={40} />
          <h1>LocalAWS</h1>
          <p class="muted">EC2, S3 and RDS on this machine.</p>
        </div>
        {session.expired.value && (
          <p class="notice wait" role="status">
            The session has ended. Log in to go on where you were.
          </p>
        )}
        <TextField
          label="User name"
          autocomplete="username"
          required
          value={username.value}
          onInput={(value) => {
            username.value = value;
          }}
        />
        <TextField
          label="Password"
          type="password"
          autocomplete="current-password"
          required
          autofocus
          value={password.value}
          onInput={(value) => {
            password.value = value;
          }}
        />
        <ErrorNotice error={login.error.value} />
        <Button type="submit" kind="primary" busy={login.running.value}>
          Log in
        </Button>
      </form>
    </main>
  );
}
