/** Clients send what they have no value for as empty text (Terraform's EngineVersion), and RDS takes it for absent. */
export function withoutBlanks<Request extends object>(request: Request): Request {
  const members = Object.entries(request).filter(([, value]) => value !== "");
  return Object.fromEntries(members) as Request;
}
