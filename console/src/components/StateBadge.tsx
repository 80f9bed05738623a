const tones: Readonly<Record<string, "good" | "wait" | "bad">> = {
  running: "good",
  available: "good",
  "in-use": "good",
  "backing-up": "wait",
  copying: "wait",
  pending: "wait",
  stopping: "wait",
  starting: "wait",
  creating: "wait",
  deleting: "wait",
  rebooting: "wait",
  modifying: "wait",
  "shutting-down": "wait",
  failed: "bad",
};

/** A state in AWS's own word; the dot repeats it for the eye. */
export function StateBadge({ state }: { state: string }) {
  return <span class={`badge ${tones[state] ?? "off"}`}>{state}</span>;
}
