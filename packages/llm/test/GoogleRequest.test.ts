import { assert, describe, it } from "@effect/vitest"
import { FunctionCallingConfigMode } from "@google/genai"
import { Block, Message } from "@nominal-code/domain/model/Conversation"
import { toParams } from "@nominal-code/llm/google/Request"
import type { LlmRequest } from "@nominal-code/llm/LlmProvider"
import { Schema } from "effect"

const Text = (text: string) => Block.cases.Text.make({ text })
const Call = (id: string, name = "Read", input: Schema.Json = {}) => Block.cases.ToolUse.make({ id, name, input })
const Result = (toolUseId: string, content = "text", isError = false) =>
  Block.cases.ToolResult.make({ toolUseId, content, isError })
const Own = (value: Schema.Json, provider = "google") => Block.cases.Opaque.make({ provider, value })
const user = (...content: ReadonlyArray<Block>): Message => ({ role: "user", content })
const model = (...content: ReadonlyArray<Block>): Message => ({ role: "assistant", content })

const sent = (messages: ReadonlyArray<Message>, rest: Partial<LlmRequest> = {}) =>
  toParams(
    {
      model: "gemini-2.5-flash",
      system: "You review.",
      messages,
      tools: [],
      toolChoice: "auto",
      maxOutputTokens: 1_000,
      ...rest
    },
    { mode: FunctionCallingConfigMode.AUTO, level: undefined },
    new AbortController().signal
  )

/** Faults of a conversation for which the service refuses it. */
const faults = (contents: ReturnType<typeof sent>["contents"]): ReadonlyArray<string> => {
  const turns = contents as ReadonlyArray<{ readonly role: string; readonly parts: ReadonlyArray<Wire> }>
  return turns.flatMap(({ parts, role }, index) => {
    const before = turns[index - 1]
    const called = (before?.parts ?? []).flatMap(({ functionCall }) => functionCall ?? [])
    const answered = parts.flatMap(({ functionResponse }) => functionResponse ?? [])
    return [
      ...(role === before?.role ? ["two turns of the same role"] : []),
      ...(parts.length === 0 ? ["an empty turn"] : []),
      ...(parts.some(({ text }) => text?.trim() === "") ? ["an empty text"] : []),
      ...(parts.slice(0, answered.length).some(({ functionResponse }) => functionResponse === undefined)
        ? ["a response that is not at the beginning"]
        : []),
      ...(JSON.stringify(called.map(({ id, name }) => [id, name])) ===
          JSON.stringify(answered.map(({ id, name }) => [id, name]))
        ? []
        : ["other responses than calls"]),
      ...(role === "user" && parts.some(({ functionCall }) => functionCall) ? ["a call by the user"] : []),
      ...(role === "model" && answered.length > 0 ? ["a response by the model"] : [])
    ]
  })
}

interface Wire {
  readonly text?: string
  readonly functionCall?: { readonly id: string; readonly name: string }
  readonly functionResponse?: { readonly id: string; readonly name: string }
}

describe("the conversation", () => {
  it("has a name and an id on every response, found by the id of the call", () => {
    const { contents } = sent([
      user(Text("Review this.")),
      model(Text("I look."), Call("c1", "Read", { file_path: "a.ts" }), Call("c2", "Grep", "cut off")),
      user(Result("c2", "nothing found", true), Result("c1"), Text("Go on."))
    ])
    assert.deepStrictEqual(contents, [
      { role: "user", parts: [{ text: "Review this." }] },
      {
        role: "model",
        parts: [
          { text: "I look." },
          { functionCall: { id: "c1", name: "Read", args: { file_path: "a.ts" } } },
          { functionCall: { id: "c2", name: "Grep", args: {} } }
        ]
      },
      {
        role: "user",
        parts: [
          { functionResponse: { id: "c1", name: "Read", response: { output: "text" } } },
          { functionResponse: { id: "c2", name: "Grep", response: { error: "nothing found" } } },
          { text: "Go on." }
        ]
      }
    ])
  })

  it("gives a call that is made again under the same id its own name", () => {
    const { contents } = sent([
      user(Text("Review this.")),
      model(Call("call_0", "Read")),
      user(Result("call_0")),
      model(Call("call_0", "Grep")),
      user(Result("call_0"))
    ])
    assert.deepStrictEqual(faults(contents), [])
  })

  it("sends what is signed back on the very part that it came on", () => {
    const thought = { text: "hm", thought: true, thoughtSignature: "t" }
    const end = { text: "", thoughtSignature: "e" }
    const { contents } = sent([
      user(Text("Review this.")),
      model(
        Own({ part: thought }),
        Text("I "),
        Own({ signature: "s1" }),
        Text("look."),
        Own({ signature: "s2" }),
        Call("c1"),
        Call("c2"),
        Own({ part: end })
      )
    ], { model: "gemini-3.8-flash" })
    assert.deepStrictEqual((contents as ReadonlyArray<unknown>)[1], {
      role: "model",
      parts: [
        thought,
        { text: "I " },
        { text: "look.", thoughtSignature: "s1" },
        { functionCall: { id: "c1", name: "Read", args: {} }, thoughtSignature: "s2" },
        { functionCall: { id: "c2", name: "Read", args: {} } },
        end
      ]
    })
  })

  it("drops what another provider signed, and an own block that it cannot read", () => {
    const { contents } = sent([
      user(Text("Review this.")),
      model(Own({ signature: "s" }, "anthropic"), Own("nonsense"), Own({ part: { text: "hm" } }, "openai"), Call("c1")),
      user(Result("c1"))
    ])
    assert.notMatch(JSON.stringify(contents), /signature|nonsense|hm/i)
  })

  for (
    const [name, needed] of [
      ["gemini-1.5-pro", false],
      ["gemini-2.5-flash", false],
      ["models/gemini-2.0-flash", false],
      ["gemma-3-27b-it", false],
      ["gemini-3-pro-preview", true],
      ["models/gemini-3.8-flash", true],
      ["gemini-10-pro", true],
      ["gemini-flash-latest", true]
    ] as const
  ) {
    it(`${needed ? "stands in for" : "does not invent"} a signature that is gone, for ${name}`, () => {
      const history = [user(Text("Review this.")), model(Call("c1"), Call("c2")), user(Result("c1"), Result("c2"))]
      const stated = JSON.stringify(sent(history, { model: name }).contents).split("skip_thought_signature_validator")
      assert.strictEqual(stated.length - 1, needed ? 1 : 0)
    })
  }

  const Piece = Schema.Union([
    Schema.Struct({ _tag: Schema.tag("Text"), text: Schema.Literals(["", " ", "So:", "Go on."]) }),
    Schema.Struct({ _tag: Schema.tag("ToolUse"), id: Schema.Literals(["a", "b"]), name: Schema.Literals(["R", "G"]) }),
    Schema.Struct({ _tag: Schema.tag("ToolResult"), toolUseId: Schema.Literals(["a", "b", "c"]) }),
    Schema.Struct({ _tag: Schema.tag("Opaque"), provider: Schema.Literals(["google", "openai"]) })
  ])
  const History = Schema.Array(
    Schema.Struct({ role: Schema.Literals(["user", "assistant"]), content: Schema.Array(Piece) })
  )
  const complete = Schema.decodeSync(Message)

  it.prop("is one that the service takes, whatever the history", [History], ([history]) => {
    const filled = history.map(({ content, role }) =>
      complete({
        role,
        content: content.map((piece) => ({
          input: {},
          content: "text",
          isError: false,
          value: { signature: "s" },
          ...piece
        }))
      })
    )
    const { contents } = sent([user(Text("Review this.")), ...filled, user(Text("Submit."))])
    assert.deepStrictEqual(faults(contents), [])
  })
})

describe("a tool's parameters", () => {
  const parameters = (inputSchema: LlmRequest["tools"][number]["inputSchema"]) => {
    const tools = sent([], { tools: [{ name: "Read", description: "Reads", inputSchema }] }).config?.tools
    return JSON.parse(JSON.stringify(tools))[0].functionDeclarations[0].parametersJsonSchema
  }

  it("have the keywords that the service documents, and no others", () => {
    assert.deepStrictEqual(
      parameters({
        $schema: "https://json-schema.org/draft/2020-12/schema",
        properties: {
          pattern: { type: "string", minLength: 1, allOf: [{ pattern: "^a" }, { description: "A glob" }] },
          line: { anyOf: [{ type: "integer", exclusiveMinimum: 0, maximum: 9 }, { type: "null" }] },
          kind: { const: "x" },
          at: { $ref: "#/$defs/Place", description: "Where" },
          all: { type: "array", items: { type: "string", pattern: "^b" }, uniqueItems: true }
        },
        required: ["pattern"],
        additionalProperties: false,
        $defs: { Place: { type: "string", pattern: "^c" } }
      }),
      {
        type: "object",
        properties: {
          pattern: { description: "A glob", type: "string" },
          line: { anyOf: [{ type: "integer", maximum: 9 }, { type: "null" }] },
          kind: { enum: ["x"] },
          at: { $ref: "#/$defs/Place" },
          all: { type: "array", items: { type: "string" } }
        },
        required: ["pattern"],
        additionalProperties: false,
        $defs: { Place: { type: "string" } }
      }
    )
  })
})
