import { once } from "node:events";
import { DescribeInstancesCommand, RunInstancesCommand } from "@aws-sdk/client-ec2";
import WebSocket from "ws";
import { eventually } from "../../support/eventually.ts";
import type { TestServer } from "../../support/server.ts";

const tokens = new WeakMap<TestServer, Promise<string>>();

/** The access token of a server; passwords are checked slowly, so each is logged in to once. */
export function login(aws: TestServer): Promise<string> {
  const known = tokens.get(aws);
  if (known !== undefined) return known;
  const credentials = { username: "admin", password: "password" };
  const token = post<{ access_token: string }>(aws, "/auth/login", credentials).then((answer) => answer.access_token);
  tokens.set(aws, token);
  return token;
}

export async function ticketFor(aws: TestServer, instance: string): Promise<string> {
  const path = `/ec2/instances/${instance}/console`;
  const headers = { authorization: `Bearer ${await login(aws)}` };
  return (await post<{ ticket: string }>(aws, "/auth/ticket", { path }, headers)).ticket;
}

async function post<T>(aws: TestServer, path: string, body: unknown, headers: Record<string, string> = {}): Promise<T> {
  const response = await fetch(`${aws.endpoint}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

/** A running instance of its own. */
export async function launchInstance(aws: TestServer): Promise<string> {
  const { Instances } = await aws.ec2.send(
    new RunInstancesCommand({ ImageId: "alpine:latest", InstanceType: "t2.micro", MinCount: 1, MaxCount: 1 }),
  );
  const id = Instances?.[0]?.InstanceId ?? "";
  await instanceState(aws, id, "running");
  return id;
}

export async function instanceState(aws: TestServer, id: string, state: string): Promise<void> {
  await eventually(`${id} ${state}`, async () => {
    const { Reservations } = await aws.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
    return Reservations?.[0]?.Instances?.[0]?.State?.Name === state;
  });
}

/** What a script of one line writes, run in a terminal of its own. */
export async function run(aws: TestServer, instance: string, script: string): Promise<string> {
  const client = await TerminalClient.open(aws, instance);
  client.type(`stty -echo; printf 'be''gin\\n'; ${script}; printf 'e''nd\\n'; exit\n`);
  await client.says("exit");
  const written = /begin\n([\s\S]*)end\n/.exec(client.text.replaceAll("\r", ""))?.[1];
  if (written === undefined) throw new Error(`The script wrote ${JSON.stringify(client.text)}.`);
  return written.trim();
}

interface Message {
  readonly type: string;
  readonly session?: string;
  readonly instance?: string;
  readonly offset?: number;
  readonly code?: number;
  readonly message?: string;
}

interface ConnectOptions {
  readonly query?: Record<string, string | number>;
  readonly protocols?: string[];
  readonly headers?: Record<string, string>;
}

/** What a page with a terminal does: a WebSocket, the bytes that it has had, and the messages. */
export class TerminalClient {
  readonly socket: WebSocket;
  readonly messages: Message[] = [];
  readonly #chunks: Buffer[] = [];
  /** Bytes of output. */
  received = 0;
  closeCode: number | undefined;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data: Buffer, isBinary) => {
      if (!isBinary) {
        this.messages.push(JSON.parse(data.toString("utf8")) as Message);
        return;
      }
      this.received += data.length;
      if (this.received < 4_000_000) this.#chunks.push(data);
    });
    socket.on("close", (code) => {
      this.closeCode = code;
    });
    socket.on("error", () => {});
  }

  /** Opens a terminal with a ticket of its own, and waits until it is ready. */
  static async open(aws: TestServer, instance: string, options: ConnectOptions = {}): Promise<TerminalClient> {
    const query = { ticket: await ticketFor(aws, instance), ...options.query };
    const client = TerminalClient.connect(aws, instance, { ...options, query });
    await client.says("ready");
    return client;
  }

  /** Opens the WebSocket as given. */
  static connect(
    aws: TestServer,
    instance: string,
    { query = {}, protocols, headers }: ConnectOptions,
  ): TerminalClient {
    return new TerminalClient(
      new WebSocket(terminalUrl(aws, instance, query), protocols ?? [], { ...(headers && { headers }) }),
    );
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString("utf8");
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  type(bytes: string | Buffer): void {
    this.socket.send(Buffer.from(bytes));
  }

  say(message: unknown): void {
    this.socket.send(JSON.stringify(message));
  }

  async shows(pattern: RegExp): Promise<RegExpExecArray> {
    try {
      return await eventually(String(pattern), () => pattern.exec(this.text) ?? undefined);
    } catch (error) {
      throw new Error(`The terminal says ${JSON.stringify(this.text.slice(-500))}.`, { cause: error });
    }
  }

  async says(type: string): Promise<Message> {
    try {
      return await eventually(`a message ${type}`, () => this.messages.find((message) => message.type === type));
    } catch (error) {
      throw new Error(`The messages are ${JSON.stringify(this.messages)}.`, { cause: error });
    }
  }

  async closed(): Promise<number> {
    return await eventually("the close", () => this.closeCode);
  }

  /** Goes away without a word, as a computer does that loses its network. */
  vanish(): void {
    this.socket.terminate();
  }
}

function terminalUrl(aws: TestServer, instance: string, query: Record<string, string | number> = {}): string {
  const search = new URLSearchParams(
    Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(value)])),
  );
  return `${aws.endpoint.replace("http", "ws")}/ec2/instances/${instance}/console?${search}`;
}

/** The status and the problem that a WebSocket is refused with. */
export async function refusalOf(
  aws: TestServer,
  instance: string,
  { query = {}, protocols, headers }: ConnectOptions,
): Promise<{ status: number; code: string; contentType: string | undefined }> {
  const socket = new WebSocket(terminalUrl(aws, instance, query), protocols ?? [], { ...(headers && { headers }) });
  const [, response] = (await Promise.race([
    once(socket, "unexpected-response"),
    once(socket, "open").then(() => {
      socket.terminate();
      throw new Error("The WebSocket was opened.");
    }),
  ])) as [unknown, AsyncIterable<Buffer> & { statusCode: number; headers: Record<string, string> }];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const { code } = JSON.parse(Buffer.concat(chunks).toString("utf8")) as { code: string };
  return { status: response.statusCode, code, contentType: response.headers["content-type"] };
}
