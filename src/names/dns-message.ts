/** What a client asks of a name server: https://www.rfc-editor.org/rfc/rfc1035#section-4 */
export interface Question {
  /** Without the last dot, in lower case. */
  readonly name: string;
  /** 1 is A, 12 PTR. */
  readonly type: number;
  /** Where the question ends in the message. */
  readonly end: number;
}

/** An address for A, a name for PTR. */
export interface AnswerRecord {
  readonly type: 1 | 12;
  readonly data: string;
}

export const responseCodes = { none: 0, serverFailure: 2, noSuchName: 3, refused: 5 } as const;

const headerLength = 12;
/** Seconds for which clients may keep an answer, as AWS's. */
const timeToLive = 60;

/** The one question of a query; undefined for what is none. */
export function readQuestion(message: Buffer): Question | undefined {
  if (message.length < headerLength + 5 || message.readUInt16BE(4) !== 1) return undefined;
  const isQuery = (message.readUInt16BE(2) & 0xf800) === 0;
  const labels: string[] = [];
  let at = headerLength;
  for (;;) {
    const length = message[at];
    if (!isQuery || length === undefined || length > 63) return undefined;
    at += 1;
    if (length === 0) break;
    labels.push(message.toString("latin1", at, at + length));
    at += length;
  }
  if (at + 4 > message.length) return undefined;
  return { name: labels.join(".").toLowerCase(), type: message.readUInt16BE(at), end: at + 4 };
}

/** The answer to a query, with its question. */
export function writeAnswer(
  query: Buffer,
  question: Question,
  { code = responseCodes.none, records = [] }: { code?: number; records?: readonly AnswerRecord[] },
): Buffer {
  const header = Buffer.from(query.subarray(0, headerLength));
  // A response, for who wanted recursion, by who does it.
  header.writeUInt16BE(0x8080 | (query.readUInt16BE(2) & 0x0100) | code, 2);
  header.writeUInt16BE(records.length, 6);
  header.writeUInt32BE(0, 8);
  return Buffer.concat([header, query.subarray(headerLength, question.end), ...records.map(writeRecord)]);
}

function writeRecord({ type, data }: AnswerRecord): Buffer {
  const bytes = type === 1 ? Buffer.from(data.split(".").map(Number)) : writeName(data);
  const head = Buffer.alloc(12);
  // The name is that of the question.
  head.writeUInt16BE(0xc000 | headerLength, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(timeToLive, 6);
  head.writeUInt16BE(bytes.length, 10);
  return Buffer.concat([head, bytes]);
}

function writeName(name: string): Buffer {
  const labels = name.split(".").map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([...labels, Buffer.from([0])]);
}
