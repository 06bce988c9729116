import { unknownFields } from "@nominal-code/testing/KubeFields"
import { Predicate } from "effect"
import { Deployment } from "kubernetes-models/apps/v1/Deployment"
import { StatefulSet } from "kubernetes-models/apps/v1/StatefulSet"
import { Job } from "kubernetes-models/batch/v1/Job"
import { Ingress } from "kubernetes-models/networking.k8s.io/v1/Ingress"
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy"
import { PodDisruptionBudget } from "kubernetes-models/policy/v1/PodDisruptionBudget"
import { Role } from "kubernetes-models/rbac.authorization.k8s.io/v1/Role"
import { RoleBinding } from "kubernetes-models/rbac.authorization.k8s.io/v1/RoleBinding"
import { ConfigMap } from "kubernetes-models/v1/ConfigMap"
import { LimitRange } from "kubernetes-models/v1/LimitRange"
import { Namespace } from "kubernetes-models/v1/Namespace"
import { ResourceQuota } from "kubernetes-models/v1/ResourceQuota"
import { Secret } from "kubernetes-models/v1/Secret"
import { Service } from "kubernetes-models/v1/Service"
import { ServiceAccount } from "kubernetes-models/v1/ServiceAccount"

/** A resource as YAML holds it, of which only its name is known. */
export interface Resource {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
}

type Validated = new(data: never) => { validate(): void }

const validators: Readonly<Record<string, readonly [schema: Validated, model: string]>> = {
  "apps/v1 Deployment": [Deployment, "V1Deployment"],
  "apps/v1 StatefulSet": [StatefulSet, "V1StatefulSet"],
  "batch/v1 Job": [Job, "V1Job"],
  "networking.k8s.io/v1 Ingress": [Ingress, "V1Ingress"],
  "networking.k8s.io/v1 NetworkPolicy": [NetworkPolicy, "V1NetworkPolicy"],
  "policy/v1 PodDisruptionBudget": [PodDisruptionBudget, "V1PodDisruptionBudget"],
  "rbac.authorization.k8s.io/v1 Role": [Role, "V1Role"],
  "rbac.authorization.k8s.io/v1 RoleBinding": [RoleBinding, "V1RoleBinding"],
  "v1 ConfigMap": [ConfigMap, "V1ConfigMap"],
  "v1 LimitRange": [LimitRange, "V1LimitRange"],
  "v1 Namespace": [Namespace, "V1Namespace"],
  "v1 ResourceQuota": [ResourceQuota, "V1ResourceQuota"],
  "v1 Secret": [Secret, "V1Secret"],
  "v1 Service": [Service, "V1Service"],
  "v1 ServiceAccount": [ServiceAccount, "V1ServiceAccount"]
}

/** Violations of the published schema by a value: missing fields, wrong types. */
const misfits = (schema: Validated, resource: Resource): ReadonlyArray<string> => {
  try {
    // The constructor's type asks for what is about to be found out.
    new schema(resource as never).validate()
    return []
  } catch (error) {
    return [Predicate.isError(error) ? error.message : String(error)]
  }
}

/** Everything that Kubernetes would refuse or ignore about a resource. */
export const problems = (resource: Resource): ReadonlyArray<string> => {
  const name = `${resource.kind}/${resource.metadata.name}`
  const validator = validators[`${resource.apiVersion} ${resource.kind}`]
  if (validator === undefined) return [`${name}: there is no schema of ${resource.apiVersion} ${resource.kind}`]
  const [schema, model] = validator
  return [
    ...misfits(schema, resource).map((text) => `${name}: ${text}`),
    // The schema lets them pass, and a cluster drops them: a typing error is silent.
    ...unknownFields(resource, model).map((path) => `${name}: ${path} is no field`)
  ]
}
