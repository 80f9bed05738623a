import { useConsole } from "../console-context.ts";

const words = { connecting: "Connecting", live: "Live", broken: "Reconnecting" };

/** Whether what is shown is kept up to date. */
export function LiveState() {
  const state = useConsole().live.state.value;
  return (
    <p class={`live-state ${state}`} role="status">
      {words[state]}
    </p>
  );
}
