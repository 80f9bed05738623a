import { z } from "zod";
import { createPasswordCheck } from "../../auth/admin-password.ts";
import { createLoginLimit } from "../../auth/login-limit.ts";
import { adminName } from "../../auth/session-token.ts";
import type { App } from "../app.ts";
import { refusal, unauthorized } from "./problem.ts";
import { type Route, route } from "./route.ts";
import { named } from "./schemas.ts";

/** The documented default; `requireOwnPassword` sees to it that it is for loopback alone. */
const defaultPassword = "password";

const credentials = named(
  "Credentials",
  z.strictObject({
    username: z
      .string()
      .max(1024)
      .meta({ examples: ["admin"] }),
    password: z
      .string()
      .max(1024)
      .meta({ examples: ["password"] }),
  }),
);

const session = named(
  "Session",
  z.strictObject({
    access_token: z.string(),
    token_type: z.literal("Bearer"),
    expires_in: z.int().describe("Seconds."),
  }),
);

const ticketRequest = named(
  "TicketRequest",
  z.strictObject({
    path: z
      .string()
      .regex(/^\/(?:events|ec2\/instances\/[\w-]+\/(?:console|stats\/events))$/, "is no path that takes a ticket")
      .describe(
        "What the ticket is for: `/events`, `/ec2/instances/{id}/stats/events` or `/ec2/instances/{id}/console`.",
      )
      .meta({ examples: ["/events"] }),
  }),
);

const ticket = named(
  "Ticket",
  z.strictObject({
    ticket: z.string().describe("Send it as `?ticket=`; it is good once."),
    expires_in: z.int().describe("Seconds."),
  }),
);

export function authRoutes({ config, sessions, tickets }: App): Route[] {
  const isPassword = createPasswordCheck(config.adminPassword ?? defaultPassword);
  const limit = createLoginLimit(() => performance.now());
  return [
    route(
      {
        ...{ method: "POST", path: "/auth/login", tag: "auth", access: "open" },
        summary: "Log in",
        description: "Ten failures within a minute from one address, and it has to wait: 429 with Retry-After.",
        body: credentials,
        reply: session,
        errors: [429],
      },
      async ({ body, req }) => {
        const address = req.socket.remoteAddress ?? "";
        const wait = limit.begin(address);
        if (wait > 0) {
          const detail = `Too many failed logins from this address: try again in ${wait} s.`;
          throw refusal(429, "TooManyRequests", detail, { "retry-after": String(wait) });
        }
        // The password is looked at in any case: how long the answer takes says nothing of the name.
        const right = await isPassword(body.password);
        if (!right || body.username !== adminName) throw unauthorized("The user name or the password is wrong.");
        limit.succeeded(address);
        const { token, expiresIn } = await sessions.issue();
        return { access_token: token, token_type: "Bearer" as const, expires_in: expiresIn };
      },
    ),
    route(
      {
        ...{ method: "POST", path: "/auth/ticket", tag: "auth" },
        summary: "Get a one-time ticket",
        description: "For what cannot send an Authorization header: an EventSource, a WebSocket.",
        body: ticketRequest,
        reply: ticket,
      },
      async ({ body }) => {
        const issued = tickets.issue(body.path);
        return { ticket: issued.ticket, expires_in: issued.expiresIn };
      },
    ),
  ];
}
