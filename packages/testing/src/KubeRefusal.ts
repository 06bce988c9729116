import { randomUUID } from "node:crypto"
import type { KubeJobObject } from "./KubeStore.ts"

/** A complaint about a field: its path, and the sentence of Kubernetes. */
export type FieldProblem = readonly [field: string, what: string]

/** A refusal: the `Status` that the server answers, and with which code. */
export interface Refusal {
  readonly code: number
  readonly reason: string
  readonly message: string
  readonly details?: Readonly<Record<string, unknown>>
  readonly metadata?: Readonly<Record<string, string>>
}

const causes: Readonly<Record<string, string>> = {
  "Required value": "FieldValueRequired",
  "Invalid value": "FieldValueInvalid",
  "Unsupported value": "FieldValueNotSupported",
  "Not found": "FieldValueNotFound",
  "Too long": "FieldValueTooLong"
}

export const invalid = (value: unknown, why: string): string => `Invalid value: ${JSON.stringify(value)}: ${why}`

/** The answer 422 to a Job with such fields. What is said twice stands in the message once. */
export const invalidJob = (name: string, complaints: ReadonlyArray<FieldProblem>): Refusal => {
  const texts = [...new Set(complaints.map(([field, what]) => `${field}: ${what}`))]
  const all = texts.length === 1 ? texts.join("") : `[${texts.join(", ")}]`
  return {
    code: 422,
    reason: "Invalid",
    message: `Job.batch "${name}" is invalid: ${all}`,
    details: {
      ...(name === "" ? {} : { name }),
      group: "batch",
      kind: "Job",
      causes: complaints.map(([field, message]) => ({ reason: causes[message.split(":")[0] ?? ""], message, field }))
    }
  }
}

/** Limit of etcd for one object. */
const objectLimit = 1_572_864

/**
 * The answer to a Job that etcd does not take: the server tries it a second time under another uid, and then refuses
 * the selector that it made itself.
 */
export const tooLarge = ({ metadata, spec }: KubeJobObject): Refusal | undefined => {
  if (JSON.stringify({ metadata, spec }).length <= objectLimit) return undefined
  const labels = JSON.stringify(spec.template.metadata?.labels)
  const second = randomUUID()
  return invalidJob(metadata.name, [
    ...["controller-uid", "batch.kubernetes.io/controller-uid"].map((label): FieldProblem => [
      `spec.template.metadata.labels[${label}]`,
      `Invalid value: ${labels}: must be '${second}'`
    ]),
    ["spec.selector", `Invalid value: ${JSON.stringify(spec.selector)}: \`selector\` not auto-generated`]
  ])
}
