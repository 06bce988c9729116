/**
 * Reviews uncommitted changes with a model of your own: any server that speaks the chat completions protocol.
 *
 *     node docs/examples/own-model.ts [repository] [http://localhost:11434/v1] [model]
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Console, Effect, Layer, Schema } from "effect"
import {
  ApiAgent,
  AppConfig,
  AppConfigLayer,
  Block,
  layerLlmProviders,
  LlmError,
  LlmProvider,
  type LlmRequest,
  type Message,
  reviewChanges,
  Usage
} from "nominal-code"

const [repository = ".", url = "http://localhost:11434/v1", model = "qwen3-coder"] = process.argv.slice(2)

/** Any name. The settings below choose it. */
const provider = "own"

const Answer = Schema.fromJsonString(Schema.Struct({
  choices: Schema.NonEmptyArray(Schema.Struct({
    finish_reason: Schema.String,
    message: Schema.Struct({
      content: Schema.optionalKey(Schema.NullOr(Schema.String)),
      tool_calls: Schema.optionalKey(Schema.Array(Schema.Struct({
        id: Schema.String,
        function: Schema.Struct({ name: Schema.String, arguments: Schema.fromJsonString(Schema.Json) })
      })))
    })
  })),
  usage: Schema.Struct({ prompt_tokens: Schema.Natural, completion_tokens: Schema.Natural })
}))

/** A message of ours as one or more of theirs: each result of a tool is a message of its own there. */
const wireMessages = ({ content, role }: Message) => {
  const text = content.filter(Block.guards.Text).map((block) => block.text).join("\n")
  const calls = content.filter(Block.guards.ToolUse).map(({ id, input, name }) => ({
    id,
    type: "function",
    function: { name, arguments: JSON.stringify(input) }
  }))
  return [
    ...content.filter(Block.guards.ToolResult).map((result) => ({
      role: "tool",
      tool_call_id: result.toolUseId,
      content: result.content
    })),
    ...(text === "" && calls.length === 0
      ? []
      : [{ role, content: text, ...(calls.length === 0 ? {} : { tool_calls: calls }) }])
  ]
}

const wireRequest = ({ maxOutputTokens, messages, model, system, toolChoice, tools }: LlmRequest) => ({
  model,
  max_tokens: maxOutputTokens,
  messages: [{ role: "system", content: system }, ...messages.flatMap(wireMessages)],
  tools: tools.map(({ description, inputSchema, name }) => ({
    type: "function",
    function: { name, description, parameters: inputSchema }
  })),
  tool_choice: toolChoice
})

const failed = (reason: LlmError["reason"]) => (cause: unknown) =>
  new LlmError({ provider, reason, message: String(cause) })

const OwnModel = Layer.succeed(
  LlmProvider,
  LlmProvider.of({
    name: provider,
    send: Effect.fn("OwnModel.send")(function*(request) {
      const body = JSON.stringify(wireRequest(request))
      const headers = { "content-type": "application/json" }
      const response = yield* Effect.tryPromise({
        try: (signal) => fetch(`${url}/chat/completions`, { method: "POST", headers, body, signal }),
        catch: failed("unavailable")
      })
      const text = yield* Effect.tryPromise({ try: () => response.text(), catch: failed("unavailable") })
      if (!response.ok) return yield* failed(response.status === 429 ? "rate-limited" : "unavailable")(text)
      const { choices: [{ finish_reason, message }], usage } = yield* Effect.mapError(
        Schema.decodeEffect(Answer)(text),
        failed("malformed-response")
      )
      const calls = message.tool_calls ?? []
      return {
        content: [
          ...(message.content ? [Block.cases.Text.make({ text: message.content })] : []),
          ...calls.map((call) =>
            Block.cases.ToolUse.make({ id: call.id, name: call.function.name, input: call.function.arguments })
          )
        ],
        stop: finish_reason === "length" ? "length" : calls.length > 0 ? "tool-use" : "end",
        usage: new Usage({
          input: usage.prompt_tokens,
          output: usage.completion_tokens,
          cacheRead: 0,
          cacheWrite: 0
        })
      }
    })
  })
)

const Settings = Layer.effect(
  AppConfig,
  Effect.map(AppConfig, (config) => ({
    ...config,
    review: { ...config.review, reviewer: { ...config.review.reviewer, provider, model } }
  }))
).pipe(Layer.provide(AppConfigLayer.layer("review")))

const Pipeline = ApiAgent.layer.pipe(
  Layer.provide(layerLlmProviders([OwnModel])),
  Layer.provideMerge(Settings),
  Layer.provideMerge(NodeServices.layer)
)

const program = reviewChanges({ repository, base: "HEAD", head: "worktree" }).pipe(
  Effect.flatMap(({ findings }) =>
    Console.log(findings.map(({ body, line, path }) => `${path}:${line}\n${body}`).join("\n\n"))
  ),
  Effect.provide(Pipeline)
)

NodeRuntime.runMain(program)
