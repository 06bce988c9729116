import type { ToolSpec } from "@nominal-code/llm/LlmProvider"
import { Context, Effect, Layer, Schema } from "effect"
import { McpProtocol, McpSchema, McpServer } from "effect/ai"
import { SecureRandom } from "effect/crypto"
import { HttpRouter, HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"

/** Result of a tool as the model reads it. */
export interface ToolAnswer {
  readonly text: string
  readonly isError: boolean
}

/** Tools that a model may call, and what a call does. */
export interface Toolbox {
  readonly specs: ReadonlyArray<ToolSpec>
  call(name: string, input: unknown): Effect.Effect<ToolAnswer>
}

/** An MCP server of one task. Its URL is on the loopback, and nobody gets in without the header. */
export interface ToolServer {
  readonly url: string
  readonly authorization: string
}

const toTool = ({ description, inputSchema, name }: ToolSpec) =>
  Effect.map(
    Schema.decodeUnknownEffect(McpSchema.ToolJson)(inputSchema),
    (inputSchema) => new McpSchema.Tool({ name, description, inputSchema })
  )

const register = ({ call, specs }: Toolbox) =>
  Effect.gen(function*() {
    const server = yield* McpServer.McpServer
    const services = yield* Effect.context<never>()
    for (const spec of specs) {
      const tool = yield* Effect.orDie(toTool(spec))
      yield* server.addTool({
        tool,
        annotations: Context.empty(),
        services,
        handle: (input) =>
          Effect.map(call(spec.name, input ?? {}), ({ isError, text }) =>
            new McpSchema.CallToolResult({ content: [McpSchema.TextContent.make({ text })], isError }))
      })
    }
  })

const guard = (authorization: string) =>
  HttpRouter.middleware(
    (handled) =>
      Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ headers }) =>
        headers["authorization"] === authorization
          ? handled
          : Effect.succeed(HttpServerResponse.empty({ status: 401 }))),
    { global: true }
  )

/** Serves a task's tools over MCP on a listener of the loopback until the scope closes. */
export const make = Effect.fnUntraced(function*<E>(toolbox: Toolbox, listener: Layer.Layer<HttpServer.HttpServer, E>) {
  const random = yield* Effect.provide(SecureRandom.SecureRandom, SecureRandom.layerWebCrypto)
  const authorization = `Bearer ${Buffer.from(yield* random.randomBytes(32)).toString("base64url")}`
  const endpoint = McpServer.layerHttp({
    name: "nominal-code",
    version: "1",
    path: "/mcp",
    protocols: [McpProtocol.v2025_06_18, McpProtocol.v2025_11_25],
    registrations: Layer.effectDiscard(register(toolbox))
  })
  const served = HttpRouter.serve(Layer.merge(endpoint, guard(authorization)), {
    disableLogger: true,
    disableListenLog: true
  }).pipe(Layer.provideMerge(Layer.fresh(listener)))
  const { address } = Context.get(yield* Effect.orDie(Layer.build(served)), HttpServer.HttpServer)
  const server: ToolServer = {
    url: `${HttpServer.formatAddress(address)}/mcp`,
    authorization
  }
  return server
})
