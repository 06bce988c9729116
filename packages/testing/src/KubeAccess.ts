import { Option, Schema } from "effect"
import type { Namespace } from "./KubeAdmission.ts"
import type { KubeStore } from "./KubeStore.ts"

const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"

const Asked = Schema.Struct({
  spec: Schema.Struct({ resourceAttributes: Schema.Struct({ resource: Schema.String, verb: Schema.String }) })
})

/** Answer to a SelfSubjectAccessReview; undefined for any other request. Everybody may ask for one. */
export const accessReview = (
  pathname: string,
  body: unknown,
  role: Readonly<Record<string, ReadonlyArray<string>>>
) => {
  if (pathname !== path) return undefined
  const allowed = Option.match(Schema.decodeUnknownOption(Asked)(body), {
    onNone: () => false,
    onSome: ({ spec: { resourceAttributes: { resource, verb } } }) => (role[resource] ?? []).includes(verb)
  })
  return {
    kind: "SelfSubjectAccessReview",
    apiVersion: "authorization.k8s.io/v1",
    metadata: {},
    ...Option.getOrElse(Schema.decodeUnknownOption(Asked)(body), () => ({})),
    status: { allowed }
  }
}

/** The ResourceQuotas of a namespace, with what is used of them. */
export const quotasOf = (store: KubeStore, namespace: string, { quota }: Namespace): object => {
  const count = (kind: "Job" | "Pod") =>
    [...store.jobs(), ...store.pods()].filter((one) => one.kind === kind && one.metadata.namespace === namespace).length
  const limits = quota === undefined ? [] : [
    ...(quota.jobs === undefined ? [] : [["count/jobs.batch", quota.jobs, count("Job")] as const]),
    ...(quota.pods === undefined ? [] : [["pods", quota.pods, count("Pod")] as const])
  ]
  return {
    kind: "ResourceQuotaList",
    apiVersion: "v1",
    metadata: { resourceVersion: String(store.version) },
    items: quota === undefined ? [] : [{
      metadata: { name: quota.name, namespace },
      spec: { hard: Object.fromEntries(limits.map(([name, hard]) => [name, String(hard)])) },
      status: {
        hard: Object.fromEntries(limits.map(([name, hard]) => [name, String(hard)])),
        used: Object.fromEntries(limits.map(([name, , used]) => [name, String(used)]))
      }
    }]
  }
}
