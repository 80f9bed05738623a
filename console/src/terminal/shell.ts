import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";
import type { ReadonlySignal } from "@preact/signals";
import type { Api } from "../api.ts";
import { type ConnectionState, connectTerminal } from "./connection.ts";

/** A terminal on the page, with its shell in an instance. It can be taken off the page and put back; the shell goes on. */
export interface Shell {
  readonly state: ReadonlySignal<ConnectionState>;
  /** Shows it in an element, and follows that element's size; the function takes it off again. */
  show(parent: HTMLElement): () => void;
  focus(): void;
  /** Ends it. */
  close(): void;
}

const theme = {
  background: "#14171b",
  foreground: "#e6e8eb",
  cursor: "#f5b54a",
  cursorAccent: "#14171b",
  selectionBackground: "#3f4b8a",
  black: "#3a4048",
  brightBlack: "#8a929c",
  red: "#ff8f85",
  green: "#7bd8a0",
  yellow: "#f0c06a",
  blue: "#9fb0ff",
  magenta: "#d9a5f5",
  cyan: "#7fd3dd",
};

/** This module brings xterm.js: it is loaded when the first terminal is opened. */
export function openShell(api: Api, instanceId: string, label: string): Shell {
  const terminal = new Terminal({
    theme,
    fontFamily: getComputedStyle(document.documentElement).getPropertyValue("--mono"),
    fontSize: 13,
    lineHeight: 1.2,
    scrollback: 5000,
    cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    minimumContrastRatio: 4.5,
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  const host = document.createElement("div");
  host.className = "terminal-host";
  const connection = connectTerminal({
    api,
    instanceId,
    size: { columns: terminal.cols, rows: terminal.rows },
    onOutput: (bytes, shown) => terminal.write(bytes, shown),
  });
  const encoder = new TextEncoder();
  terminal.onData((text) => connection.type(encoder.encode(text)));
  // Mouse reports: each character is a byte.
  terminal.onBinary((text) => connection.type(Uint8Array.from(text, (character) => character.charCodeAt(0))));
  terminal.onResize(({ cols, rows }) => connection.resize({ columns: cols, rows }));
  let opened = false;
  return {
    state: connection.state,
    show(parent) {
      parent.append(host);
      if (!opened) {
        terminal.open(host);
        terminal.textarea?.setAttribute("aria-label", label);
        opened = true;
      }
      const observer = new ResizeObserver(() => fit.fit());
      observer.observe(host);
      return () => {
        observer.disconnect();
        host.remove();
      };
    },
    focus: () => terminal.focus(),
    close() {
      connection.close();
      terminal.dispose();
      host.remove();
    },
  };
}
