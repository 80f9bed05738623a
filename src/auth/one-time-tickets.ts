import { randomBytes } from "node:crypto";

/**
 * Tickets for what cannot send an `Authorization` header: a WebSocket, an EventSource. A ticket is good for one use within
 * half a minute, and for nothing but the purpose that it was issued for; a URL that is logged somewhere is worth nothing.
 */
export interface OneTimeTickets {
  /** `expiresIn`: seconds. */
  issue(purpose: string): { ticket: string; expiresIn: number };
  /** Whether the ticket is good for this purpose. It is not, a second time. */
  redeem(ticket: string, purpose: string): boolean;
}

const lifetimeSeconds = 30;
/** Far more than a console opens within half a minute. */
const maxTickets = 1000;

/** `now`: milliseconds. */
export function createOneTimeTickets(now: () => number): OneTimeTickets {
  const tickets = new Map<string, { purpose: string; expires: number }>();

  function dropExpired(): void {
    // They expire in the order of their issue, which is the map's.
    for (const [ticket, { expires }] of tickets) {
      if (expires > now() && tickets.size < maxTickets) return;
      tickets.delete(ticket);
    }
  }

  return {
    issue(purpose) {
      dropExpired();
      // 256 random bits: no look-up time tells anything of one that was not issued.
      const ticket = randomBytes(32).toString("base64url");
      tickets.set(ticket, { purpose, expires: now() + lifetimeSeconds * 1000 });
      return { ticket, expiresIn: lifetimeSeconds };
    },
    redeem(ticket, purpose) {
      const found = tickets.get(ticket);
      tickets.delete(ticket);
      return found !== undefined && found.purpose === purpose && found.expires > now();
    },
  };
}
