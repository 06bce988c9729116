import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as ToolSchema from "../src/ToolSchema.ts"

const Line = Schema.Int.check(Schema.isGreaterThan(0))

describe("the schema of a tool's input", () => {
  it("says what the model needs, and nothing that is true of every object, number or text", () => {
    const input = Schema.Struct({
      maximum: Schema.NonEmptyString.annotate({ description: "A name." }),
      at: Schema.optionalKey(Schema.Struct({ line: Line, column: Schema.Int.check(Schema.isLessThan(500)) }))
    })
    assert.deepStrictEqual(ToolSchema.make(input), {
      type: "object",
      properties: {
        maximum: { type: "string", description: "A name." },
        at: {
          type: "object",
          properties: { line: { type: "integer", minimum: 1 }, column: { type: "integer", exclusiveMaximum: 500 } },
          required: ["line", "column"]
        }
      },
      required: ["maximum"]
    })
  })

  it("asks for a field to be left out and not for null, except where the field is required", () => {
    const input = Schema.Struct({
      end: Schema.NullOr(Line),
      start: Schema.optionalKey(Schema.NullOr(Line)).annotate({ description: "The first line." }),
      either: Schema.optionalKey(Schema.Union([Schema.String, Schema.Boolean, Schema.Null])),
      list: Schema.Array(Schema.Struct({ kind: Schema.optionalKey(Schema.NullOr(Schema.Literals(["a", "b"]))) }))
    })
    const { properties, required } = ToolSchema.make(input)
    assert.deepStrictEqual(required, ["end", "list"])
    assert.deepStrictEqual(properties, {
      end: { anyOf: [{ type: "integer", maximum: Number.MAX_SAFE_INTEGER, exclusiveMinimum: 0 }, { type: "null" }] },
      start: { type: "integer", minimum: 1, description: "The first line." },
      either: { anyOf: [{ type: "string" }, { type: "boolean" }] },
      list: { type: "array", items: { type: "object", properties: { kind: { type: "string", enum: ["a", "b"] } } } }
    })
  })
})
