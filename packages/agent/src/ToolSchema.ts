import { type JsonSchema, Predicate, Schema } from "effect"

type Node = Readonly<Record<string, unknown>>

const isNode = (value: unknown): value is Node => Predicate.isObject(value) && !Array.isArray(value)

/** True for a keyword without information: what is true of every object and of every number that JSON can hold, and "not empty". */
const isTrivialKeyword = (keyword: string, value: unknown): boolean =>
  (keyword === "additionalProperties" && value === true) ||
  (keyword === "minLength" && value === 1) ||
  (keyword === "maximum" && value === Number.MAX_SAFE_INTEGER) ||
  (keyword === "minimum" && value === Number.MIN_SAFE_INTEGER)

/** A schema without `null`, in place of which a field is left out, and without alternatives of which there is one. */
const withoutNull = ({ anyOf, ...rest }: Node): Node => {
  if (!Array.isArray(anyOf)) return anyOf === undefined ? rest : { ...rest, anyOf }
  const others = anyOf.filter(isNode).filter(({ type }) => type !== "null")
  const [only] = others
  return only !== undefined && others.length === 1 ? { ...only, ...rest } : { ...rest, anyOf: others }
}

const propertiesOf = (properties: Node, required: unknown): Node =>
  Object.fromEntries(
    Object.entries(properties).map(([name, property]) => {
      const isRequired = Array.isArray(required) && required.includes(name)
      return [name, isNode(property) ? shorten(isRequired ? property : withoutNull(property)) : property]
    })
  )

const shorten = (schema: Node): Node =>
  Object.fromEntries(
    Object.entries(schema).filter(([keyword, value]) => !isTrivialKeyword(keyword, value)).map(([keyword, value]) => {
      if (keyword === "properties" && isNode(value)) return [keyword, propertiesOf(value, schema["required"])]
      if (keyword === "items" && isNode(value)) return [keyword, shorten(value)]
      return schema["type"] === "integer" && keyword === "exclusiveMinimum" && Predicate.isNumber(value)
        ? ["minimum", value + 1]
        : [keyword, value]
    })
  )

/**
 * JSON Schema of a tool's input as the model is shown it: without what says nothing, for it is sent with every call. What
 * the model writes is read by the whole schema, which takes `null` for a field that is left out.
 */
export const make = (input: Schema.Top): JsonSchema.JsonSchema => {
  const { definitions, schema } = Schema.toJsonSchemaDocument(input)
  const shown = shorten(schema)
  return Object.keys(definitions).length === 0 ? shown : { ...shown, $defs: definitions }
}
