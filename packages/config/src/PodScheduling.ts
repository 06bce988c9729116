import { Schema } from "effect"

/*
 * The scheduling of a pod, in Kubernetes' own notation.
 */

const list = <S extends Schema.Constraint>(item: S) => Schema.mutable(Schema.Array(item))
const text = Schema.optionalKey(Schema.String)
const texts = Schema.optionalKey(list(Schema.String))

/** A taint of nodes that a pod tolerates. */
export const Toleration = Schema.Struct({
  key: text,
  operator: Schema.optionalKey(Schema.Literals(["Exists", "Equal"])),
  value: text,
  effect: Schema.optionalKey(Schema.Literals(["NoSchedule", "PreferNoSchedule", "NoExecute"])),
  tolerationSeconds: Schema.optionalKey(Schema.Int)
})
export type Toleration = typeof Toleration.Type

const Requirements = list(
  Schema.Struct({ key: Schema.String, operator: Schema.String, values: texts })
)

const NodeTerm = Schema.Struct({
  matchExpressions: Schema.optionalKey(Requirements),
  matchFields: Schema.optionalKey(Requirements)
})

const Weight = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100 }))

const NodeAffinity = Schema.Struct({
  requiredDuringSchedulingIgnoredDuringExecution: Schema.optionalKey(
    Schema.Struct({ nodeSelectorTerms: list(NodeTerm) })
  ),
  preferredDuringSchedulingIgnoredDuringExecution: Schema.optionalKey(
    list(Schema.Struct({ weight: Weight, preference: NodeTerm }))
  )
})

const LabelSelector = Schema.Struct({
  matchLabels: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  matchExpressions: Schema.optionalKey(Requirements)
})

const PodTerm = Schema.Struct({
  topologyKey: Schema.String,
  labelSelector: Schema.optionalKey(LabelSelector),
  namespaces: texts,
  namespaceSelector: Schema.optionalKey(LabelSelector),
  matchLabelKeys: texts,
  mismatchLabelKeys: texts
})

const PodAffinity = Schema.Struct({
  requiredDuringSchedulingIgnoredDuringExecution: Schema.optionalKey(list(PodTerm)),
  preferredDuringSchedulingIgnoredDuringExecution: Schema.optionalKey(
    list(Schema.Struct({ weight: Weight, podAffinityTerm: PodTerm }))
  )
})

/** The affinity of a pod: nodes that it needs or prefers, and pods that it is to run beside or apart from. */
export const Affinity = Schema.Struct({
  nodeAffinity: Schema.optionalKey(NodeAffinity),
  podAffinity: Schema.optionalKey(PodAffinity),
  podAntiAffinity: Schema.optionalKey(PodAffinity)
})
export type Affinity = typeof Affinity.Type
