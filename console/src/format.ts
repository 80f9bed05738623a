const units = ["B", "KB", "MB", "GB", "TB"];

/** 1,536 → `1.5 KB`; of 1,024 each, as the aws CLI counts. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1);
  const value = bytes / 1024 ** power;
  const digits = power === 0 || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[power]}`;
}

const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** An ISO time, in the reader's time zone; a dash for none. */
export function formatDate(iso: string | null | undefined): string {
  return iso == null ? "–" : dateTime.format(new Date(iso));
}

export function formatTime(moment: string | number): string {
  return time.format(new Date(moment));
}

export function plural(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}
