import { type AnswerRecord, readQuestion, responseCodes, writeAnswer } from "./dns-message.ts";
import { forwardQuery } from "./forward-query.ts";

/** `refused`: there is no name server. `elsewhere`: it is for others to know. */
export type Found = "refused" | "elsewhere" | "no such name" | readonly AnswerRecord[];

/** Finds a name for an instance; `type` as in `Question`. */
export type FindName = (instanceId: string, name: string, type: number) => Promise<Found>;

/**
 * The name server of VPCs: private names are known here, the host's name servers are asked for all others, also for instances that reach
 * none: https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html
 */
export function createNameServer(find: FindName) {
  return async (instanceId: string, query: Buffer, overTcp: boolean): Promise<Buffer | undefined> => {
    const question = readQuestion(query);
    if (question === undefined) return undefined;
    const found = await find(instanceId, question.name, question.type);
    if (found === "refused") return writeAnswer(query, question, { code: responseCodes.refused });
    if (found === "no such name") return writeAnswer(query, question, { code: responseCodes.noSuchName });
    if (found !== "elsewhere") return writeAnswer(query, question, { records: found });
    return await forwardQuery(query, overTcp).catch(() =>
      writeAnswer(query, question, { code: responseCodes.serverFailure }),
    );
  };
}
