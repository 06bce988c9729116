import * as sdk from "@kubernetes/client-node"
import { Predicate } from "effect"

/** The fields of an API type, as Kubernetes publishes them. */
type Fields = ReadonlyArray<{ readonly baseName: string; readonly type: string; readonly format: string }>

const hasFields = (model: unknown): model is { getAttributeTypeMap(): Fields } =>
  Predicate.hasProperty(model, "getAttributeTypeMap") && Predicate.isFunction(model.getAttributeTypeMap)

const models: ReadonlyMap<string, unknown> = new Map(Object.entries(sdk))

const fieldsOf = (type: string): Fields | undefined => {
  const model = models.get(type)
  return hasFields(model) ? model.getAttributeTypeMap() : undefined
}

const itemOf = (type: string): string | undefined => /^Array<(.+)>$/.exec(type)?.[1]

/** The fields of a value that its type does not have, by their path. */
export const unknownFields = (value: unknown, type: string, path = ""): ReadonlyArray<string> => {
  const item = itemOf(type)
  if (item !== undefined) {
    return Array.isArray(value) ? value.flatMap((each, index) => unknownFields(each, item, `${path}[${index}]`)) : []
  }
  const fields = fieldsOf(type)
  if (fields === undefined || !Predicate.isObject(value)) return []
  return Object.entries(value).flatMap(([name, inner]) => {
    const field = fields.find(({ baseName }) => baseName === name)
    const at = path === "" ? name : `${path}.${name}`
    return field === undefined ? [at] : unknownFields(inner, field.type, at)
  })
}

const jsonType = (value: unknown): string =>
  Array.isArray(value) ? "array" : Predicate.isBoolean(value) ? "bool" : typeof value

/** The names of Go's types for what is no object. */
const goTypes: Readonly<Record<string, string>> = { number: "int64", boolean: "bool", string: "string" }

const fits = (value: unknown, type: string): boolean => {
  if (value === null || value === undefined) return true
  if (itemOf(type) !== undefined) return Array.isArray(value)
  if (goTypes[type] !== undefined) return typeof value === type
  return fieldsOf(type) === undefined ? true : Predicate.isObject(value)
}

/** The values of another JSON type than their field has, in the words of Go's decoder. */
export const wrongTypes = (value: unknown, type: string, path = ""): ReadonlyArray<string> => {
  const item = itemOf(type)
  if (item !== undefined) return Array.isArray(value) ? value.flatMap((each) => wrongTypes(each, item, path)) : []
  const fields = fieldsOf(type)
  if (fields === undefined || !Predicate.isObject(value)) return []
  return Object.entries(value).flatMap(([name, inner]) => {
    const field = fields.find(({ baseName }) => baseName === name)
    if (field === undefined) return []
    const at = path === "" ? name : `${path}.${name}`
    if (fits(inner, field.type)) return wrongTypes(inner, field.type, at)
    const go = field.format === "" ? goTypes[field.type] ?? field.type.replace(/^V1/, "v1.") : field.format
    const struct = type.replace(/^V1/, "")
    return [`json: cannot unmarshal ${jsonType(inner)} into Go struct field ${struct}.${at} of type ${go}`]
  })
}
