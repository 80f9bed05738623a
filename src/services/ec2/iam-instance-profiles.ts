import type * as Ec2 from "@aws-sdk/client-ec2";
import type {
  IamInstanceProfile,
  IamInstanceProfileAssociation,
  IamInstanceProfileSpecification,
} from "@aws-sdk/client-ec2";
import { uniqueIdOf } from "../../auth/unique-id.ts";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeResources } from "./describe.ts";
import {
  incorrectInstanceState,
  instanceIdMalformed,
  invalidParameterCombination,
  invalidParameterValue,
  notFound,
} from "./errors.ts";
import { instances } from "./instances.ts";
import { required } from "./required.ts";
import {
  deleteResources,
  getResource,
  insertResource,
  listResources,
  type Resource,
  updateResource,
} from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";

const associations: Resource<IamInstanceProfileAssociation> = {
  table: "ec2_iam_instance_profile_associations",
  prefix: "iip-assoc",
  // No tags are kept of an association: the type is that of what it belongs to.
  type: "instance",
  idOf: (association) => association.AssociationId ?? "",
  columnsOf: (association) => ({ instance_id: association.InstanceId ?? "" }),
  dates: ["Timestamp"],
  tagsOf: () => undefined,
  setTags: () => {},
  filters: pathFilters<IamInstanceProfileAssociation>()({ "instance-id": "InstanceId", state: "State" }),
  columnFilters: { "instance-id": "instance_id" },
  // Decision 0166: zeros alone are no id.
  idPattern: /^iip-assoc-(?!0{17}$)(?:[0-9a-f]{8}|[0-9a-f]{17})$/,
  malformed: (id) => invalidParameterValue(`Invalid Id: ${id}`),
  notFound: (ids) => notFound("InvalidAssociationID.NotFound", "association ID", ids),
};

export const iamInstanceProfileOperations = {
  async AssociateIamInstanceProfile(ctx, input) {
    const instanceId = required(input.InstanceId, "InstanceId");
    const profile = profileToAssociate(ctx, input.IamInstanceProfile);
    return inTransaction(ctx, async (scope) => {
      const instance = await getResource(scope, { ...instances, malformed: instanceIdMalformed }, instanceId);
      if (instance.State.Name === "terminated" || instance.State.Name === "shutting-down") {
        throw incorrectInstanceState(`The instance '${instanceId}' is not in the 'running' or 'stopped' states.`);
      }
      if ((await associationsOf(scope, instanceId)).length > 0) {
        throw new AwsError("IncorrectState", `There is an existing association for instance ${instanceId}`);
      }
      instance.IamInstanceProfile = profile;
      await updateResource(scope, instances, instance);
      const made = await insertProfileAssociation(scope, instanceId, profile);
      return { IamInstanceProfileAssociation: shown({ ...made, State: "associating" }) };
    });
  },

  async DisassociateIamInstanceProfile(ctx, input) {
    const id = required(input.AssociationId, "AssociationId");
    return inTransaction(ctx, async (scope) => {
      const association = await getResource(scope, associations, id);
      await setProfile(scope, association.InstanceId ?? "", undefined);
      await deleteResources(scope, associations, [id]);
      return { IamInstanceProfileAssociation: shown({ ...association, State: "disassociating" }) };
    });
  },

  async ReplaceIamInstanceProfileAssociation(ctx, input) {
    const id = required(input.AssociationId, "AssociationId");
    const profile = profileToAssociate(ctx, input.IamInstanceProfile);
    return inTransaction(ctx, async (scope) => {
      const before = await getResource(scope, associations, id);
      if (before.IamInstanceProfile?.Arn === profile.Arn) return { IamInstanceProfileAssociation: shown(before) };
      const instanceId = before.InstanceId ?? "";
      await deleteResources(scope, associations, [id]);
      await setProfile(scope, instanceId, profile);
      const made = await insertProfileAssociation(scope, instanceId, profile);
      return { IamInstanceProfileAssociation: shown({ ...made, State: "associating" }) };
    });
  },

  async DescribeIamInstanceProfileAssociations(ctx, input) {
    if (input.MaxResults !== undefined && input.MaxResults < 1) {
      throw invalidParameterValue(
        `Invalid value '${input.MaxResults}' for 'maxResults'. MaxResult must be a positive integer`,
      );
    }
    const family = { ...associations, malformed: () => invalidParameterValue("Invalid value for association-id.") };
    const limits = { min: 1, max: Number.POSITIVE_INFINITY };
    const page = await describeResources(ctx, family, input, { ids: input.AssociationIds, limits });
    return { IamInstanceProfileAssociations: page.items.map(shown), NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

/** AWS tells no time of an association. */
function shown({ Timestamp: _, ...association }: IamInstanceProfileAssociation): IamInstanceProfileAssociation {
  return association;
}

/** Of an ARN and a name the ARN counts here; a launch takes one of them alone. */
function profileToAssociate(scope: Scope, { Arn, Name }: IamInstanceProfileSpecification = {}) {
  if (!Arn && !Name) {
    throw new AwsError(
      "MissingParameter",
      "The request must include the IamInstanceProfile parameter. Add the required parameter and retry the request.",
    );
  }
  return profileOf(scope, Arn ? { Arn } : { Name });
}

/** As an instance shows it. IAM need not know the profile. @throws AwsError for what names none */
export function profileOf(
  scope: Scope,
  { Arn, Name }: { Arn?: string | undefined; Name?: string | undefined },
): IamInstanceProfile & { Arn: string } {
  if (Arn && Name)
    throw invalidParameterCombination(
      "The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'",
    );
  if (!Arn && !Name)
    throw invalidParameterValue(
      "Value () for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name",
    );
  if (Name && !/^[\w+=,.@-]{1,128}$/.test(Name)) {
    throw invalidParameterValue(
      `Value (${Name}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name`,
    );
  }
  if (Arn && !/^arn:aws[\w-]*:iam::\d{12}:instance-profile\/[\w+=,.@/-]+$/.test(Arn)) {
    throw invalidParameterValue(
      `Value (${Arn}) for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN`,
    );
  }
  const arn = Arn || `arn:aws:iam::${scope.accountId}:instance-profile/${Name}`;
  return { Arn: arn, Id: uniqueIdOf("AIPA", arn) };
}

export async function insertProfileAssociation(
  scope: Scope,
  InstanceId: string,
  profile: IamInstanceProfile,
): Promise<IamInstanceProfileAssociation> {
  const made: IamInstanceProfileAssociation = {
    AssociationId: scope.newId("iip-assoc"),
    InstanceId,
    IamInstanceProfile: profile,
    State: "associated",
    Timestamp: scope.now(),
  };
  await insertResource(scope, associations, made);
  return made;
}

/** At an instance's termination. */
export async function dropProfileAssociations(scope: Scope, instanceId: string): Promise<void> {
  await deleteResources(scope, associations, (await associationsOf(scope, instanceId)).map(associations.idOf));
}

function associationsOf(scope: Scope, instanceId: string): Promise<IamInstanceProfileAssociation[]> {
  return listResources(scope, associations, { instance_id: instanceId });
}

async function setProfile(scope: Scope, instanceId: string, profile: IamInstanceProfile | undefined): Promise<void> {
  const instance = await getResource(scope, instances, instanceId);
  if (profile === undefined) delete instance.IamInstanceProfile;
  else instance.IamInstanceProfile = profile;
  await updateResource(scope, instances, instance);
}
