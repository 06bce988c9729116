import { Effect, Schema } from "effect"
import type { KubeClientOptions } from "./KubeClientNode.ts"
import * as KubeConnection from "./KubeConnection.ts"
import { KubeError } from "./KubeError.ts"

/** Verbs on a kind of objects in the server's namespace. */
interface NeededRight {
  readonly group: string
  readonly resource: string
  readonly verbs: ReadonlyArray<string>
  /** False for a right that reviews do not need. */
  readonly required: boolean
}

/** The rights of the Role in `deploy/k8s/base/rbac.yaml`. */
const needed: ReadonlyArray<NeededRight> = [
  { group: "batch", resource: "jobs", verbs: ["create", "get", "list", "watch", "delete"], required: true },
  { group: "", resource: "pods", verbs: ["list", "watch"], required: true },
  { group: "", resource: "events", verbs: ["list"], required: false },
  { group: "", resource: "resourcequotas", verbs: ["list"], required: false }
]

/** A right of the server's account, as the API server answers for it. */
export interface Right {
  /** `create jobs` */
  readonly name: string
  readonly required: boolean
  readonly allowed: boolean
}

/** A limit of the namespace, and how much of it is used, in Kubernetes' notation. */
export interface QuotaUse {
  readonly quota: string
  readonly resource: string
  readonly used: string
  readonly hard: string
}

const Review = Schema.Struct({ status: Schema.Struct({ allowed: Schema.Boolean }) })
const Amounts = Schema.optional(Schema.Record(Schema.String, Schema.String))
const Quotas = Schema.Struct({
  items: Schema.Array(Schema.Struct({
    metadata: Schema.Struct({ name: Schema.String }),
    status: Schema.optional(Schema.Struct({ hard: Amounts, used: Amounts }))
  }))
})

const unreadable = (operation: string) => (error: Schema.SchemaError) =>
  new KubeError({ operation, reason: "refused", detail: `the API server's answer cannot be read: ${error.message}` })

/** Connects to the cluster, and reads whether the server's account may do there what reviews need. It changes nothing. */
export const make = Effect.fnUntraced(function*({ kubeconfig, namespace }: KubeClientOptions) {
  const { config, request, sdk } = yield* KubeConnection.connect(kubeconfig)
  const authorization = config.makeApiClient(sdk.AuthorizationV1Api)
  const core = config.makeApiClient(sdk.CoreV1Api)

  const right = Effect.fnUntraced(function*({ group, required, resource }: NeededRight, verb: string) {
    const operation = "review access"
    const body = { spec: { resourceAttributes: { namespace, group, resource, verb } } }
    const answer = yield* request<unknown>(
      operation,
      (options) => authorization.createSelfSubjectAccessReview({ body }, options)
    )
    const { status: { allowed } } = yield* Effect.mapError(
      Schema.decodeUnknownEffect(Review)(answer),
      unreadable(operation)
    )
    return { name: `${verb} ${resource}`, required, allowed } satisfies Right
  })

  return {
    rights: Effect.forEach(
      needed.flatMap((one) => one.verbs.map((verb) => ({ one, verb }))),
      ({ one, verb }) => right(one, verb),
      { concurrency: 8 }
    ),
    /** The limits of the namespace. Requires the right to list resource quotas. */
    quotas: request<unknown>(
      "list resource quotas",
      (options) => core.listNamespacedResourceQuota({ namespace }, options)
    ).pipe(
      Effect.flatMap((answer) =>
        Effect.mapError(Schema.decodeUnknownEffect(Quotas)(answer), unreadable("list resource quotas"))
      ),
      Effect.map(({ items }) =>
        items.flatMap(({ metadata: { name }, status }) =>
          Object.entries(status?.hard ?? {}).map(([resource, hard]): QuotaUse => ({
            quota: name,
            resource,
            hard,
            used: status?.used?.[resource] ?? "0"
          }))
        )
      )
    )
  }
})
