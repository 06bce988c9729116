import type { V1Container, V1Job, V1PodSpec } from "@kubernetes/client-node"
import { amountOf } from "@nominal-code/kubernetes/Quantity"
import { Predicate } from "effect"
import { validate } from "kubernetes-models/_schemas/IoK8sApiBatchV1Job"
import { unknownFields } from "./KubeFields.ts"

/*
 * What a Kubernetes API server refuses about a Job, in its own words. The shapes come from Kubernetes' published
 * schemas; the rules between fields are written out here.
 */

/** A field's path, and what is wrong with it. */
type Complaint = readonly [field: string, what: string]

const dnsLabel = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const dnsSubdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const labelText = /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/
const variable = /^[-._a-zA-Z][-._a-zA-Z0-9]*$/

const invalid = (value: unknown, why: string): string => `Invalid value: ${JSON.stringify(value)}: ${why}`

const tooLong = (limit: number): string => `Too long: may not be more than ${limit} bytes`

const qualified = (key: string): boolean => {
  const [name = "", prefix, ...rest] = key.split("/").reverse()
  return rest.length === 0 && name !== "" && name.length <= 63 && labelText.test(name) &&
    (prefix === undefined || (prefix.length <= 253 && dnsSubdomain.test(prefix)))
}

const labels = (given: Readonly<Record<string, string>> | undefined, field: string): ReadonlyArray<Complaint> =>
  Object.entries(given ?? {}).flatMap(([key, value]): ReadonlyArray<Complaint> => [
    ...(qualified(key) ? [] : [[field, invalid(key, "name part must consist of alphanumeric characters")] as const]),
    ...(value.length > 63 ? [[field, invalid(value, "must be no more than 63 bytes")] as const] : []),
    ...(labelText.test(value)
      ? []
      : [
        [
          field,
          invalid(value, "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.'")
        ] as const
      ])
  ])

const annotations = (given: Readonly<Record<string, string>> | undefined, field: string): ReadonlyArray<Complaint> => [
  ...Object.keys(given ?? {}).filter((key) => !qualified(key.toLowerCase())).map((key): Complaint => [
    field,
    invalid(key, "name part must consist of alphanumeric characters")
  ]),
  ...(JSON.stringify(given ?? {}).length > 256 * 1024 ? [[field, tooLong(262_144)] as const] : [])
]

const amounts = (container: V1Container, field: string): ReadonlyArray<Complaint> => {
  const { limits = {}, requests = {} } = container.resources ?? {}
  const bad = Object.entries({ ...limits, ...requests }).filter(([, quantity]) => !(amountOf(quantity) >= 0))
  const above = Object.entries(requests).filter(([name, quantity]) => {
    const limit = limits[name]
    return limit !== undefined && amountOf(quantity) > amountOf(limit)
  })
  return [
    ...bad.map((
      [name, quantity]
    ): Complaint => [`${field}.resources[${name}]`, invalid(quantity, "quantities must match the regular expression")]),
    ...above.map(([name, quantity]): Complaint => [
      `${field}.resources.requests`,
      invalid(quantity, `must be less than or equal to ${name} limit of ${limits[name]}`)
    ])
  ]
}

const oneOf = (value: string | undefined, allowed: ReadonlyArray<string>, field: string): ReadonlyArray<Complaint> =>
  value === undefined || allowed.includes(value)
    ? []
    : [[field, `Unsupported value: "${value}": supported values: ${allowed.map((one) => `"${one}"`).join(", ")}`]]

const containerOf = (container: V1Container, pod: V1PodSpec, field: string): ReadonlyArray<Complaint> => {
  const volumes = (pod.volumes ?? []).map(({ name }) => name)
  const mounts = container.volumeMounts ?? []
  return [
    ...(dnsLabel.test(container.name) && container.name.length <= 63
      ? []
      : [[`${field}.name`, invalid(container.name, "must be a DNS label")] as const]),
    ...((container.image ?? "") === "" ? [[`${field}.image`, "Required value"] as const] : []),
    ...(/^\s|\s$/.test(container.image ?? "")
      ? [[`${field}.image`, invalid(container.image, "must not have leading or trailing whitespace")] as const]
      : []),
    ...(container.env ?? []).filter(({ name }) => !variable.test(name)).map((
      { name }
    ): Complaint => [
      `${field}.env`,
      invalid(name, "a valid environment variable name must consist of alphabetic characters")
    ]),
    ...(container.envFrom ?? []).filter(({ secretRef }) => !dnsSubdomain.test(secretRef?.name ?? "")).map(
      (): Complaint => [`${field}.envFrom`, "Invalid value: \"\": must specify a Secret"]
    ),
    ...mounts.filter(({ name }) => !volumes.includes(name)).map((
      { name }
    ): Complaint => [`${field}.volumeMounts`, `Not found: "${name}"`]),
    ...(new Set(mounts.map(({ mountPath }) => mountPath)).size < mounts.length
      ? [[`${field}.volumeMounts`, "Invalid value: must be unique"] as const]
      : []),
    ...oneOf(container.imagePullPolicy, ["Always", "IfNotPresent", "Never"], `${field}.imagePullPolicy`),
    ...oneOf(
      container.terminationMessagePolicy,
      ["File", "FallbackToLogsOnError"],
      `${field}.terminationMessagePolicy`
    ),
    ...amounts(container, field)
  ]
}

const podOf = (pod: V1PodSpec, field: string): ReadonlyArray<Complaint> => [
  ...(pod.restartPolicy === "Never" || pod.restartPolicy === "OnFailure"
    ? []
    : [[`${field}.restartPolicy`, `Required value: valid values: "OnFailure", "Never"`] as const]),
  ...(pod.containers.length === 0 ? [[`${field}.containers`, "Required value"] as const] : []),
  ...pod.containers.flatMap((container, index) => containerOf(container, pod, `${field}.containers[${index}]`)),
  ...(pod.serviceAccountName === undefined || dnsSubdomain.test(pod.serviceAccountName)
    ? []
    : [[`${field}.serviceAccountName`, invalid(pod.serviceAccountName, "must be a DNS subdomain")] as const]),
  ...(pod.volumes ?? []).filter(({ emptyDir }) => !(amountOf(emptyDir?.sizeLimit ?? "0") >= 0)).map((
    { name }
  ): Complaint => [`${field}.volumes`, invalid(name, "sizeLimit must be a quantity")])
]

const specOf = ({ spec }: V1Job): ReadonlyArray<Complaint> => {
  if (spec === undefined) return [["spec", "Required value"]]
  const {
    activeDeadlineSeconds,
    backoffLimit,
    podFailurePolicy,
    podReplacementPolicy,
    template,
    ttlSecondsAfterFinished
  } = spec
  const negative = Object.entries({ backoffLimit, ttlSecondsAfterFinished }).filter(([, value]) => (value ?? 0) < 0)
  return [
    ...negative.map((
      [name, value]
    ): Complaint => [`spec.${name}`, invalid(value, "must be greater than or equal to 0")]),
    ...(activeDeadlineSeconds !== undefined && activeDeadlineSeconds < 1
      ? [["spec.activeDeadlineSeconds", invalid(activeDeadlineSeconds, "must be greater than 0")] as const]
      : []),
    ...(podFailurePolicy !== undefined && template.spec?.restartPolicy !== "Never"
      ? [["spec.podFailurePolicy", "Forbidden: only \"Never\" is supported"] as const]
      : []),
    ...(podFailurePolicy !== undefined && podReplacementPolicy === "TerminatingOrFailed"
      ? [["spec.podReplacementPolicy", "Unsupported value: supported values: \"Failed\""] as const]
      : []),
    ...labels(template.metadata?.labels, "spec.template.labels"),
    ...annotations(template.metadata?.annotations, "spec.template.annotations"),
    ...(template.spec === undefined || template.spec === null
      ? [["spec.template.spec", "Required value"] as const]
      : podOf(template.spec, "spec.template.spec"))
  ]
}

const metadataOf = ({ metadata }: V1Job): ReadonlyArray<Complaint> => {
  const name = metadata?.name ?? ""
  if (name === "") return [["metadata.name", "Required value: name or generateName is required"]]
  return [
    ...(dnsSubdomain.test(name) && name.length <= 253
      ? []
      : [
        [
          "metadata.name",
          invalid(name, "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'")
        ] as const
      ]),
    // Its pods carry the Job's name in a label.
    ...(name.length > 63 ? [["spec.template.labels", invalid(name, "must be no more than 63 bytes")] as const] : []),
    ...labels(metadata?.labels, "metadata.labels"),
    ...annotations(metadata?.annotations, "metadata.annotations")
  ]
}

/** A refusal: what the server answers, and with which status. */
export interface Refusal {
  readonly code: number
  readonly reason: string
  readonly message: string
}

/** Whether a body is a Job by its shape: the types of Kubernetes' schema, and no field besides. */
const isJob = (body: unknown): body is V1Job => validate(body) && unknownFields(body, "V1Job").length === 0

/** What the schema found wrong: it keeps that on the function itself. */
const shapeErrors = (): string =>
  JSON.stringify(Predicate.hasProperty(validate, "errors") ? validate.errors : undefined)

/** The Job in a request's body, or why there is none. */
export const jobIn = (body: unknown): V1Job | Refusal => {
  if (!isJob(body)) {
    const extra = unknownFields(body, "V1Job").map((field) => `unknown field "${field}"`)
    const errors = extra.length > 0
      ? `strict decoding error: ${extra.join(", ")}`
      : shapeErrors()
    return { code: 400, reason: "BadRequest", message: `Job in version "v1" cannot be handled as a Job: ${errors}` }
  }
  const complaints = [...metadataOf(body), ...specOf(body)]
  if (complaints.length === 0) return body
  const text = complaints.map(([field, what]) => `${field}: ${what}`)
  const all = text.length === 1 ? text.join("") : `[${text.join(", ")}]`
  return { code: 422, reason: "Invalid", message: `Job.batch "${body.metadata?.name ?? ""}" is invalid: ${all}` }
}
