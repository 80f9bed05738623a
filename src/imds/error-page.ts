import { type ServerResponse, STATUS_CODES } from "node:http";

/** An error as the instance metadata service says it. */
export function answerError(res: ServerResponse, status: number): void {
  const title = `${status} - ${STATUS_CODES[status] ?? ""}`;
  const body = `<?xml version="1.0" encoding="iso-8859-1"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"
         "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">
 <head>
  <title>${title}</title>
 </head>
 <body>
  <h1>${title}</h1>
 </body>
</html>
`;
  if (res.headersSent) return void res.destroy();
  const headers = { "content-type": "text/html", "content-length": Buffer.byteLength(body), server: "EC2ws" };
  res.writeHead(status, headers).end(body);
}
