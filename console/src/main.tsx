import { render } from "preact";
import { App } from "./App.tsx";
import { ConsoleContext } from "./console-context.ts";
import { createConsole } from "./store/console.ts";
import "./styles/index.css";

const root = document.getElementById("app");
if (root === null) throw new Error("The page has no element #app.");
render(
  <ConsoleContext.Provider value={createConsole(window)}>
    <App />
  </ConsoleContext.Provider>,
  root,
);
