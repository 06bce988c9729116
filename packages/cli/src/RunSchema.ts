import { Schema } from "effect"
import { RunRequest } from "./RunRequest.ts"

/** JSON Schema of `run-job`'s payload, for people and other programs. */
export const runSchema = (): object => {
  const { definitions, schema } = Schema.toJsonSchemaDocument(RunRequest, { onExcessProperty: "error" })
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "nominal-code run-job --payload",
    description: "One pull request to review: its page, its name, or an event of its forge.",
    ...schema,
    ...(Object.keys(definitions).length === 0 ? {} : { $defs: definitions })
  }
}
