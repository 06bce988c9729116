import * as sdk from "@kubernetes/client-node"
import { Predicate } from "effect"

/** The fields of an API type, as Kubernetes publishes them. */
type Fields = ReadonlyArray<{ readonly baseName: string; readonly type: string }>

const hasFields = (model: unknown): model is { getAttributeTypeMap(): Fields } =>
  Predicate.hasProperty(model, "getAttributeTypeMap") && Predicate.isFunction(model.getAttributeTypeMap)

const models: ReadonlyMap<string, unknown> = new Map(Object.entries(sdk))

const fieldsOf = (type: string): Fields | undefined => {
  const model = models.get(type)
  return hasFields(model) ? model.getAttributeTypeMap() : undefined
}

/** The fields of a value that its type does not have, by their path. */
export const unknownFields = (value: unknown, type: string, path = ""): ReadonlyArray<string> => {
  const [, item] = /^Array<(.+)>$/.exec(type) ?? []
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
