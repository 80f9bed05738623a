import { useEffect } from "preact/hooks";
import { Shell } from "./components/Shell.tsx";
import { Toasts } from "./components/Toasts.tsx";
import { useConsole } from "./console-context.ts";
import { LoginPage } from "./pages/LoginPage.tsx";
import { Page } from "./pages/Page.tsx";

/** The address stays while somebody logs in: they are then where they wanted to be. */
export function App() {
  const { session, live, terminals } = useConsole();
  const loggedIn = session.token.value !== undefined;
  useEffect(() => {
    if (!loggedIn) return undefined;
    live.start();
    return () => {
      live.stop();
      terminals.closeAll();
    };
  }, [loggedIn, live, terminals]);
  return (
    <>
      {loggedIn ? (
        <Shell>
          <Page />
        </Shell>
      ) : (
        <LoginPage />
      )}
      <Toasts />
    </>
  );
}
