import type * as Ssm from "@aws-sdk/client-ssm";
import type { Parameter } from "@aws-sdk/client-ssm";
import { type ImageParameter, imageParameters } from "../../aws/image-parameters.ts";
import type { Operations } from "../../aws/operations.ts";
import { decodePageToken, firstPage } from "../../aws/pagination.ts";
import type { Context } from "../service-context.ts";
import {
  constraintError,
  invalidFilterKey,
  invalidNextToken,
  parameterNotFound,
  parameterVersionNotFound,
  validationError,
} from "./errors.ts";

/** A parameter and the version that the request asked for, `:1`. */
interface Selected {
  readonly parameter: ImageParameter;
  readonly selector: string | undefined;
}

export const operations = {
  async GetParameter(ctx, { Name: name = "" }) {
    const { parameter, selector } = select(name) ?? fail(parameterNotFound());
    if (selector !== undefined && selector !== ":1") throw parameterVersionNotFound(name);
    return { Parameter: toParameter(ctx, parameter, selector) };
  },

  async GetParameters(ctx, { Names: names = [] }) {
    if (names.length < 1 || names.length > 10) {
      const bound = names.length < 1 ? "greater than or equal to 1" : "less than or equal to 10";
      throw constraintError("names", `[${names.join(", ")}]`, `length ${bound}`);
    }
    const found = new Map<string, Parameter>();
    for (const name of names) {
      const { parameter, selector } = select(name) ?? {};
      if (parameter === undefined || (selector ?? ":1") !== ":1") continue;
      found.set(name, toParameter(ctx, parameter, selector));
    }
    return {
      Parameters: [...found.values()],
      InvalidParameters: [...new Set(names)].filter((name) => !found.has(name)),
    };
  },

  async GetParametersByPath(ctx, { Path: path = "", Recursive, ParameterFilters = [], MaxResults = 10, NextToken }) {
    if (!path.startsWith("/")) {
      throw validationError(
        'The parameter doesn\'t meet the parameter name requirements. The parameter name must begin with a forward slash "/". It can\'t be prefixed with "aws" or "ssm" (case-insensitive).',
      );
    }
    if (MaxResults < 1 || MaxResults > 10) {
      const bound = MaxResults < 1 ? "greater than or equal to 1" : "less than or equal to 10";
      throw constraintError("maxResults", MaxResults, `value ${bound}`);
    }
    const after = NextToken === undefined ? "" : decodePageToken("parameters", NextToken);
    if (after === undefined) throw invalidNextToken();
    const areWanted = ParameterFilters.every(takesPublic);
    const folder = path.endsWith("/") ? path : `${path}/`;
    const rest = imageParameters.filter(
      ({ name }) =>
        name.startsWith(folder) &&
        (Recursive === true || !name.slice(folder.length).includes("/")) &&
        name > after &&
        areWanted,
    );
    const page = firstPage(rest, { kind: "parameters", limit: MaxResults, keyOf: ({ name }) => name });
    return { Parameters: page.items.map((parameter) => toParameter(ctx, parameter)), NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ssm, Context>;

function fail(error: Error): never {
  throw error;
}

/** By the name or the ARN, with a version or label behind it. */
function select(reference: string): Selected | undefined {
  const [, name, selector] = /^(?:arn:aws:ssm:[a-z0-9-]+::parameter)?(\/[^:]*)(:[^:]*)?$/.exec(reference.trim()) ?? [];
  const parameter = imageParameters.find((candidate) => candidate.name === name);
  return parameter && { parameter, selector };
}

function toParameter({ region }: Context, { name, imageId, changed }: ImageParameter, selector?: string): Parameter {
  return {
    Name: name,
    Type: "String",
    Value: imageId,
    Version: 1,
    ...(selector === undefined ? {} : { Selector: selector }),
    LastModifiedDate: changed,
    ARN: `arn:aws:ssm:${region}::parameter${name}`,
    DataType: "aws:ec2:image",
  };
}

/** Whether a filter takes public parameters, which are plain strings without keys and labels. @throws AwsError `InvalidFilterKey` */
function takesPublic({
  Key: key = "",
  Option: option = "Equals",
  Values: values = [],
}: Ssm.ParameterStringFilter): boolean {
  if (key !== "Type" && key !== "KeyId" && key !== "Label") throw invalidFilterKey(key);
  if (key !== "Type") return false;
  return values.some((value) => (option === "BeginsWith" ? "String".startsWith(value) : value === "String"));
}
