import type { Resource } from "../deploy/KubernetesSchema.ts"
import { namespace } from "./RealCluster.ts"

/*
 * Obstacles that keep the pods of a Job out of a cluster that takes the Job.
 */

/** A resource with what it asks for. */
export interface Obstacle extends Resource {
  readonly metadata: Resource["metadata"] & { readonly labels?: Readonly<Record<string, string>> }
  readonly spec: unknown
}

/** A pod like those of reviews, to try whether an obstacle is in force. */
export const harmless: Obstacle = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "harmless", labels: { "nominal-code/lane": "none" } },
  spec: {
    securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
    containers: [{
      name: "review",
      image: "registry.example/harmless:v1",
      resources: { requests: { cpu: "250m" }, limits: { cpu: "2" } },
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } }
    }]
  }
}

/** A LimitRange that is below what a review asks for. */
export const smallPods: Obstacle = {
  apiVersion: "v1",
  kind: "LimitRange",
  metadata: { name: "small", namespace },
  spec: { limits: [{ type: "Container", max: { cpu: "100m" } }] }
}

const rules = {
  failurePolicy: "Fail",
  matchConstraints: {
    resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }]
  },
  validations: [{
    expression: "!has(object.metadata.labels) || !('nominal-code/lane' in object.metadata.labels)",
    message: "no reviews during the freeze"
  }]
}

/** An admission policy of the cluster that refuses the pods of reviews. */
export const policy: Obstacle = {
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "ValidatingAdmissionPolicy",
  metadata: { name: "freeze" },
  spec: rules
}

/** Objects that put the policy in force. */
export const policyBinding: Obstacle = {
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "ValidatingAdmissionPolicyBinding",
  metadata: { name: "freeze" },
  spec: { policyName: "freeze", validationActions: ["Deny"] }
}
