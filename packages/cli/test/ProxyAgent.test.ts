import { assert, describe, it } from "@effect/vitest"
import { Exchange } from "@nominal-code/forge/Exchange"
import { NetworkFetch } from "@nominal-code/llm/Transport"
import { listenScoped } from "@nominal-code/testing/GitHubServer"
import { ConfigProvider, Effect, Layer, Option } from "effect"
import { imageFindings } from "../src/doctor/ImageFindings.ts"
import * as NodeExchange from "../src/NodeExchange.ts"
import * as NodeFetch from "../src/NodeFetch.ts"
import * as Telemetry from "../src/Telemetry.ts"

/** A proxy that lets nothing through, and what it was asked for. */
const refusing = Effect.gen(function*() {
  const { origin, server } = yield* listenScoped
  const seen: Array<string> = []
  server.on("connect", ({ headers, url }, socket) => {
    seen.push([url, headers["proxy-authorization"]].join(" ").trim())
    socket.end("HTTP/1.1 502 No\r\n\r\n")
  })
  server.on("request", ({ url }, response) => {
    seen.push(`plain ${url}`)
    response.end()
  })
  return { origin, seen }
})

/** Asks an address for a forge's and for a model's sake. Hands on what a proxy that lets nothing through was asked for. */
const askedThrough = (variablesOf: (host: string) => Record<string, string>, address?: string) =>
  Effect.gen(function*() {
    const { origin, seen } = yield* refusing
    const provider = ConfigProvider.fromEnvRecord(variablesOf(new URL(origin).host))
    const errors = yield* Effect.gen(function*() {
      const exchange = yield* Exchange
      const fetch = yield* NetworkFetch
      return yield* Effect.promise(() =>
        Promise.all([exchange, fetch].map((ask) => ask(address ?? `${origin}/a`, {}).then(() => "", String)))
      )
    }).pipe(
      Effect.provide(Layer.merge(NodeExchange.layer, NodeFetch.layer)),
      Effect.provideService(ConfigProvider.ConfigProvider, provider)
    )
    return { seen, errors }
  })

const forge = "https://forge.invalid/a"

describe("the proxy of the requests to forges and models", () => {
  const written: ReadonlyArray<readonly [string, (host: string) => Record<string, string>, ReadonlyArray<string>]> = [
    ["HTTPS_PROXY", (host) => ({ HTTPS_PROXY: `http://${host}` }), ["forge.invalid:443"]],
    ["https_proxy, without http://", (host) => ({ https_proxy: host, HTTPS_PROXY: "http://127.0.0.1:1" }), [
      "forge.invalid:443"
    ]],
    ["HTTPS_PROXY, with a login", (host) => ({ https_proxy: "", HTTPS_PROXY: `http://me:s3cr%40t@${host}/` }), [
      `forge.invalid:443 Basic ${btoa("me:s3cr@t")}`
    ]],
    ["HTTPS_PROXY, with a % in its password", (host) => ({ HTTPS_PROXY: `http://me:s3cr%et%@${host}/` }), [
      `forge.invalid:443 Basic ${btoa("me:s3cr%et%")}`
    ]],
    [
      "HTTPS_PROXY, but for NO_PROXY",
      (host) => ({ HTTPS_PROXY: `http://${host}`, NO_PROXY: "a.example,.invalid" }),
      []
    ],
    ["HTTPS_PROXY, but for no_proxy", (host) => ({ HTTPS_PROXY: `http://${host}`, no_proxy: "forge.invalid" }), []],
    ["none", () => ({ HTTPS_PROXY: "" }), []],
    ["none of the kinds that Node knows", (host) => ({ HTTPS_PROXY: `socks5://${host}` }), []]
  ]
  for (const [title, variables, expected] of written) {
    it.live(title, () =>
      Effect.gen(function*() {
        const { errors, seen } = yield* askedThrough(variables, forge)
        assert.deepStrictEqual(seen, [...expected, ...expected])
        assert.notInclude(errors.join(" "), "s3cr")
        assert.notInclude(errors, "")
      }))
  }

  const alike: ReadonlyArray<readonly [string, Effect.Effect<unknown, unknown>]> = [
    [
      "of traces to their collector",
      Effect.void.pipe(
        Effect.withSpan("span"),
        Effect.provide(
          Telemetry.layer({ tracing: { endpoint: Option.some("https://forge.invalid"), headers: Option.none() } })
        )
      )
    ],
    ["for an image to its registry", imageFindings("forge.invalid/acme/image:1")]
  ]
  for (const [title, asking] of alike) {
    it.live(`is that of the requests ${title}, too`, () =>
      Effect.gen(function*() {
        const { origin, seen } = yield* refusing
        yield* asking.pipe(
          Effect.provide(NodeFetch.layer),
          Effect.provideService(
            ConfigProvider.ConfigProvider,
            ConfigProvider.fromEnvRecord({ HTTPS_PROXY: origin })
          )
        )
        assert.deepStrictEqual([...new Set(seen)], ["forge.invalid:443"])
      }))
  }

  it.live("takes no request in plain HTTP", () =>
    Effect.gen(function*() {
      const { seen } = yield* askedThrough(() => ({ HTTPS_PROXY: "http://127.0.0.1:1" }))
      assert.deepStrictEqual(seen, ["plain /a", "plain /a"])
    }))
})
