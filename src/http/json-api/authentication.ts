import type { IncomingMessage } from "node:http";
import type { App } from "../app.ts";
import { bearerToken } from "../bearer-token.ts";
import { unauthorized } from "./problem.ts";
import type { Route } from "./route.ts";

/** @throws AwsError 401 unless the request may use the route */
export async function authenticate(
  app: App,
  { facts }: Route,
  req: IncomingMessage,
  query: URLSearchParams,
): Promise<void> {
  if (facts.access === "open") return;
  const ticket = query.get("ticket");
  if (facts.access === "ticket" && ticket !== null) {
    const [path = ""] = (req.url ?? "").split("?", 1);
    if (app.tickets.redeem(ticket, path)) return;
    throw unauthorized(
      "The ticket has been used, has expired, or is for something else: ask POST /auth/ticket for one.",
    );
  }
  const token = bearerToken(req);
  if (token === undefined) {
    throw unauthorized("Send the access token of POST /auth/login, as Authorization: Bearer <token>.");
  }
  if (!(await app.sessions.verify(token))) {
    throw unauthorized("The access token is not valid or has expired: log in again.");
  }
}
