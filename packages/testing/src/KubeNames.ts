import { type FieldProblem, invalid } from "./KubeRefusal.ts"

/*
 * Rules of Kubernetes for names, labels and annotations, with its messages about others.
 */

const subdomainText = "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
const subdomain = new RegExp(`^${subdomainText}$`)
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const labelText = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/

const tooMany = (limit: number): string => `must be no more than ${limit} characters`

const notASubdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and " +
  `end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomainText}')`

const notALabelValue =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and " +
  "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is " +
  "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"

/** Complaints about the name of an object. */
export const subdomainName = (name: string, field: string): ReadonlyArray<FieldProblem> => [
  ...(name.length > 253 ? [[field, invalid(name, tooMany(253))] as const] : []),
  ...(subdomain.test(name) ? [] : [[field, invalid(name, notASubdomain)] as const])
]

/** Complaints about the name of a part of an object, a container for instance. */
export const labelName = (name: string, field: string): ReadonlyArray<FieldProblem> =>
  label.test(name) && name.length <= 63 ? [] : [[field, invalid(name, "a lowercase RFC 1123 label must be given")]]

const keyParts = (key: string): boolean => {
  const [name = "", prefix, ...rest] = key.split("/").reverse()
  return rest.length === 0 && name !== "" && name.length <= 63 && labelText.test(name) &&
    (prefix === undefined || (prefix.length <= 253 && subdomain.test(prefix)))
}

const keys = (given: Readonly<Record<string, string>>, field: string): ReadonlyArray<FieldProblem> =>
  Object.keys(given).filter((key) => !keyParts(key)).map((key) => [
    field,
    invalid(key, "name part must consist of alphanumeric characters, '-', '_' or '.'")
  ])

/** Complaints about the value of a label. */
export const labelValue = (value: string, field: string): ReadonlyArray<FieldProblem> => [
  ...(value.length > 63 ? [[field, invalid(value, tooMany(63))] as const] : []),
  ...(labelText.test(value) ? [] : [[field, invalid(value, notALabelValue)] as const])
]

/** Complaints about labels. */
export const labels = (
  given: Readonly<Record<string, string>> | undefined,
  field: string
): ReadonlyArray<FieldProblem> => [
  ...keys(given ?? {}, field),
  ...Object.values(given ?? {}).flatMap((value) => labelValue(value, field))
]

const annotationBytes = 262_144

/** Complaints about annotations. */
export const annotations = (
  given: Readonly<Record<string, string>> | undefined,
  field: string
): ReadonlyArray<FieldProblem> => {
  const bytes = Object.entries(given ?? {}).flat().reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  return [
    ...keys(Object.fromEntries(Object.keys(given ?? {}).map((key) => [key.toLowerCase(), ""])), field),
    ...(bytes > annotationBytes
      ? [[field, `Too long: may not be more than ${annotationBytes} bytes`] as const]
      : [])
  ]
}
