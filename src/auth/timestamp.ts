/** Milliseconds since the epoch of `20130524T000000Z`; undefined where the text is not a time of that form. */
export function parseTimestamp(text: string): number | undefined {
  if (text !== parsed.text) parsed = { text, time: parse(text) };
  return parsed.time;
}

/** The last one: all requests of a second have the same. */
let parsed: { readonly text: string; readonly time: number | undefined } = { text: "", time: undefined };

function parse(text: string): number | undefined {
  if (text.length !== 16 || text[8] !== "T" || text[15] !== "Z") return undefined;
  const [year, month, day] = [digits(text, 0, 4), digits(text, 4, 6), digits(text, 6, 8)];
  const [hour, minute, second] = [digits(text, 9, 11), digits(text, 11, 13), digits(text, 13, 15)];
  const time = Date.UTC(year, month - 1, day, hour, minute, second);
  // Date.UTC carries an excess over; a time that comes back another was none.
  return formatTimestamp(time) === text ? time : undefined;
}

/** `20130524T000000Z` */
export function formatTimestamp(time: number): string {
  if (!Number.isFinite(time)) return "";
  const iso = new Date(time).toISOString();
  return `${iso.slice(0, 4)}${iso.slice(5, 7)}${iso.slice(8, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`;
}

/** `2013-05-24T00:00:00Z`, as S3's errors give a time. */
export function formatTime(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

export function isDigits(text: string): boolean {
  return text !== "" && !Number.isNaN(digits(text, 0, text.length));
}

/** NaN where a character is no digit. */
function digits(text: string, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}
