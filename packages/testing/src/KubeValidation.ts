import type { V1Container, V1Job, V1PodSpec } from "@kubernetes/client-node"
import { amountOf } from "@nominal-code/kubernetes/Quantity"
import { Predicate } from "effect"
import { unknownFields, wrongTypes } from "./KubeFields.ts"
import { annotations, labelName, labels, labelValue, subdomainName } from "./KubeNames.ts"
import { type FieldProblem, invalid, invalidJob, type Refusal } from "./KubeRefusal.ts"

/*
 * Validation of a Job as a Kubernetes API server does it, in its own words: a test holds them to recordings of a real one.
 */

const atLeastZero = "must be greater than or equal to 0"

const oneOf = (value: string | undefined, allowed: ReadonlyArray<string>, field: string): ReadonlyArray<FieldProblem> =>
  value === undefined || allowed.includes(value)
    ? []
    : [[field, `Unsupported value: "${value}": supported values: ${allowed.map((one) => `"${one}"`).join(", ")}`]]

const required = (value: string | undefined, field: string): ReadonlyArray<FieldProblem> =>
  (value ?? "") === "" ? [[field, "Required value"]] : []

const resources = ({ resources }: V1Container, field: string): ReadonlyArray<FieldProblem> => {
  const { limits = {}, requests = {} } = resources ?? {}
  return Object.entries(requests).flatMap(([name, quantity]): ReadonlyArray<FieldProblem> => {
    const limit = limits[name]
    return limit !== undefined && amountOf(quantity) > amountOf(limit)
      ? [[`${field}.requests`, invalid(quantity, `must be less than or equal to ${name} limit of ${limit}`)]]
      : []
  })
}

const notAVariable = "a valid environment variable name must consist only of printable ASCII characters other than '='"

const environment = ({ env = [], envFrom = [] }: V1Container, field: string): ReadonlyArray<FieldProblem> => [
  ...env.flatMap(({ name }, index): ReadonlyArray<FieldProblem> => {
    const at = `${field}.env[${index}].name`
    if (name === "") return required(name, at)
    return /^[ -<>-~]+$/.test(name) ? [] : [[at, invalid(name, notAVariable)]]
  }),
  ...envFrom.flatMap(({ secretRef }, index): ReadonlyArray<FieldProblem> => {
    const at = `${field}.envFrom[${index}].secretRef.name`
    return secretRef?.name ? subdomainName(secretRef.name, at) : required("", at)
  })
]

const mounts = ({ volumeMounts = [] }: V1Container, pod: V1PodSpec, field: string): ReadonlyArray<FieldProblem> => {
  const volumes = (pod.volumes ?? []).map(({ name }) => name)
  return volumeMounts.flatMap(({ mountPath, name }, index): ReadonlyArray<FieldProblem> => [
    ...(volumes.includes(name) ? [] : [[`${field}[${index}].name`, `Not found: "${name}"`] as const]),
    ...(volumeMounts.findIndex((mount) => mount.mountPath === mountPath) < index
      ? [[`${field}[${index}].mountPath`, invalid(mountPath, "must be unique")] as const]
      : [])
  ])
}

const containerOf = (container: V1Container, pod: V1PodSpec, field: string): ReadonlyArray<FieldProblem> => [
  ...labelName(container.name, `${field}.name`),
  ...required(container.image, `${field}.image`),
  ...environment(container, field),
  ...mounts(container, pod, `${field}.volumeMounts`),
  ...oneOf(container.imagePullPolicy, ["Always", "IfNotPresent", "Never"], `${field}.imagePullPolicy`),
  ...oneOf(container.terminationMessagePolicy, ["File", "FallbackToLogsOnError"], `${field}.terminationMessagePolicy`),
  ...resources(container, `${field}.resources`)
]

const podOf = (pod: V1PodSpec, policy: boolean, field: string): ReadonlyArray<FieldProblem> => {
  const at = `${field}.restartPolicy`
  const { containers = [], initContainers = [], restartPolicy, serviceAccountName } = pod
  return [
    ...(restartPolicy === "Never" || restartPolicy === "OnFailure"
      ? []
      : [[at, `Required value: valid values: "OnFailure", "Never"`] as const]),
    ...(policy && restartPolicy === "OnFailure"
      ? [[at, invalid(restartPolicy, "only \"Never\" is supported when podFailurePolicy is specified")] as const]
      : []),
    ...(containers.length === 0 ? [[`${field}.containers`, "Required value"] as const] : []),
    ...initContainers.flatMap((container, index) => containerOf(container, pod, `${field}.initContainers[${index}]`)),
    ...containers.flatMap((container, index) => containerOf(container, pod, `${field}.containers[${index}]`)),
    ...(serviceAccountName === undefined ? [] : subdomainName(serviceAccountName, `${field}.serviceAccountName`))
  ]
}

const specOf = ({ spec }: V1Job): ReadonlyArray<FieldProblem> => {
  if (spec === undefined) return [["spec", "Required value"]]
  const { activeDeadlineSeconds, backoffLimit, podFailurePolicy, template, ttlSecondsAfterFinished } = spec
  const amounts = Object.entries({ backoffLimit, activeDeadlineSeconds, ttlSecondsAfterFinished })
  return [
    ...amounts.filter(([, value]) => (value ?? 0) < 0).map(([name, value]): FieldProblem => [
      `spec.${name}`,
      invalid(value, atLeastZero)
    ]),
    ...oneOf(
      spec.podReplacementPolicy,
      podFailurePolicy === undefined ? ["Failed", "TerminatingOrFailed"] : ["Failed"],
      "spec.podReplacementPolicy"
    ),
    ...labels(template?.metadata?.labels, "spec.template.labels"),
    ...annotations(template?.metadata?.annotations, "spec.template.annotations"),
    ...podOf(template?.spec ?? { containers: [] }, podFailurePolicy !== undefined, "spec.template.spec")
  ]
}

const metadataOf = ({ metadata }: V1Job): ReadonlyArray<FieldProblem> => {
  const name = metadata?.name ?? ""
  // Its pods carry the Job's name in two labels.
  const inLabels = name.length > 63 ? labelValue(name, "spec.template.labels").slice(0, 1) : []
  return [
    ...(name === ""
      ? metadata?.generateName ? [] : [["metadata.name", "Required value: name or generateName is required"] as const]
      : subdomainName(name, "metadata.name")),
    ...labels(metadata?.labels, "metadata.labels"),
    ...annotations(metadata?.annotations, "metadata.annotations"),
    ...inLabels,
    ...inLabels
  ]
}

const quantity = /^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$/

const quantities = ({ spec }: V1Job): ReadonlyArray<string> => {
  const { containers = [], initContainers = [], volumes = [] } = spec?.template?.spec ?? {}
  return [
    ...[...initContainers, ...containers].flatMap(({ resources }) =>
      Object.values<string>({ ...resources?.limits }).concat(Object.values<string>({ ...resources?.requests }))
    ),
    ...volumes.flatMap(({ emptyDir }) => emptyDir?.sizeLimit ?? [])
  ]
}

/** Treatment of fields that no Job has, in the words of the parameter `fieldValidation`. */
export type FieldValidation = "Strict" | "Warn" | "Ignore"

/** The unknown fields of a Job, as they are warned of. */
export const unknownFieldsOf = (body: unknown): ReadonlyArray<string> =>
  unknownFields(body, "V1Job").map((field) => `unknown field "${field}"`)

const isJob = (body: unknown): body is V1Job => Predicate.isObject(body) && wrongTypes(body, "V1Job").length === 0

/** The Job in a request's body, or why it is refused. */
export const jobIn = (body: unknown, validation: FieldValidation = "Strict"): V1Job | Refusal => {
  const undecodable = (why: string): Refusal => ({
    code: 400,
    reason: "BadRequest",
    message: `Job in version "v1" cannot be handled as a Job: ${why}`
  })
  if (!isJob(body)) return undecodable(wrongTypes(body, "V1Job")[0] ?? "json: cannot unmarshal into Job")
  if (quantities(body).some((text) => !quantity.test(text))) {
    return undecodable(`quantities must match the regular expression '${quantity.source}'`)
  }
  const unknown = unknownFieldsOf(body)
  if (validation === "Strict" && unknown.length > 0) {
    return undecodable(`strict decoding error: ${unknown.join(", ")}`)
  }
  const complaints = [...metadataOf(body), ...specOf(body)]
  return complaints.length === 0 ? body : invalidJob(body.metadata?.name ?? "", complaints)
}
