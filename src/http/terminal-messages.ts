import { z } from "zod";

const size = z.int().min(1).max(65_535);

/** What a client says beside what it types: text frames of JSON. */
const clientMessage = z.discriminatedUnion("type", [
  z.object({ type: z.literal("resize"), columns: size, rows: size }),
  z.object({ type: z.literal("close") }),
  z.object({ type: z.literal("ack"), offset: z.int().min(0) }),
]);

export type ClientMessage = z.output<typeof clientMessage>;

/** What the server says beside what the program writes. */
export type ServerMessage =
  | { readonly type: "ready"; readonly session: string; readonly instance: string; readonly offset: number }
  | { readonly type: "exit"; readonly code: number }
  | { readonly type: "error"; readonly message: string };

/** Codes of RFC 6455, section 7.4, and of its range for applications: 4000 and, there, HTTP's statuses. */
export const closeCodes = {
  done: 1000,
  stopping: 1001,
  notUnderstood: 1003,
  notAllowed: 1008,
  failed: 1011,
  replaced: 4000,
  notFound: 4404,
  notRunning: 4409,
  sessionGone: 4410,
  unavailable: 4503,
} as const;

export type CloseCode = (typeof closeCodes)[keyof typeof closeCodes];

/** The message in a text frame, or why it is none. */
export function parseClientMessage(
  text: string,
): ClientMessage | { readonly type: "bad"; readonly code: CloseCode; readonly reason: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { type: "bad", code: closeCodes.notUnderstood, reason: "A text frame holds JSON; type in binary frames." };
  }
  const parsed = clientMessage.safeParse(value);
  if (parsed.success) return parsed.data;
  return {
    type: "bad",
    code: closeCodes.notAllowed,
    reason: "Send resize, ack or close, with whole numbers in range.",
  };
}
