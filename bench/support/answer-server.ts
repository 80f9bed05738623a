/** The measure of `bench/ec2.ts`: `node:http` that reads a request and sends as many bytes as its path says. Prints its port. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const answers = new Map<string, Buffer>();

function answerOf(url: string): Buffer {
  let answer = answers.get(url);
  if (answer === undefined) {
    answer = Buffer.alloc(Number(url.slice(1)), "x");
    answers.set(url, answer);
  }
  return answer;
}

const server = createServer((req, res) => {
  req.resume().once("end", () => {
    const answer = answerOf(req.url ?? "/0");
    res.writeHead(200, { "content-type": "text/xml;charset=UTF-8", "content-length": answer.length });
    res.end(answer);
  });
});
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
