import { z } from "zod";
import { named } from "./schemas.ts";

/** RFC 9457, with AWS's code for programs. */
export const problemSchema = named(
  "Problem",
  z.strictObject({
    type: z.string().describe("Always `about:blank`: `code` tells one kind of problem from another."),
    title: z.string().describe("The status in words."),
    status: z.int(),
    detail: z.string().describe("What is wrong, in AWS's words where AWS has any."),
    code: z.string().describe("AWS's error code, or one of this API's own such as `ValidationError`."),
    request_id: z.string(),
    errors: z
      .array(z.strictObject({ field: z.string(), message: z.string() }))
      .optional()
      .describe("The fields of the request that cannot be used."),
    position: z.int().optional().describe("Where in an SQL text it is, counted in characters from 1."),
    hint: z.string().optional().describe("What the database server advises."),
  }),
);
