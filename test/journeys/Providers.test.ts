import { assert, describe, it, layer } from "@effect/vitest"
import { redisSuite } from "@nominal-code/testing/RedisServer"
import { submitReview, turns } from "@nominal-code/testing/ScriptedModel"
import type * as ServeProcess from "@nominal-code/testing/ServeProcess"
import { Context, Effect, Layer } from "effect"
import * as Clusters from "./Cluster.ts"
import * as Journey from "./Journey.ts"
import { finding, open } from "./Shop.ts"

const opened = { event: "pull_request", action: "opened" } as const

/** Looks around with two calls at once, and then hands its review in. */
const script = turns(
  {
    text: "I look around.",
    calls: ["src/total.ts", "src/tax.ts"].map((path) => ({ name: "Read", input: { file_path: path } }))
  },
  { calls: [submitReview("It adds up.", [finding("src/total.ts", "Cents are lost.")])] }
)

/** Address at which the model was asked. */
const pathsOf = ({ model }: Journey.Journey) => model.mock.getRequests().map(({ path }) => path)

describe("one server", () => {
  for (
    const [provider, model, path] of [
      ["openai", "gpt-6.2-sol", /^\/v1\/responses$/],
      ["google", "gemini-3.8-flash", /^\/v1beta\/models\/gemini-3\.8-flash:streamGenerateContent/],
      ["deepseek", "deepseek-flash", /^\/v1\/chat\/completions$/]
    ] as const
  ) {
    it.live(`reviews with ${provider}: several calls in a turn, findings, usage, no key anywhere`, () =>
      Effect.gen(function*() {
        const journey = yield* Journey.make({ provider })
        const serve = yield* journey.start()
        const pull = yield* open(journey, provider)
        journey.script(pull, script)
        const { state } = yield* journey.ended(yield* journey.send({ ...opened, pull }, serve))
        assert.strictEqual(state, "done", serve.log.join("\n"))
        assert.match(journey.written(pull).join("\n"), /It adds up\.[^]*Cents are lost\./)
        for (const asked of pathsOf(journey)) assert.match(asked, path)
        assert.deepStrictEqual(journey.turns(pull).map(({ request }) => [request.turn, request.model]), [[0, model], [
          1,
          model
        ]])
        assert.match(journey.turns(pull)[1]?.request.toolResults.join("\n") ?? "", /The total[^]*The tax/)
        assert.deepStrictEqual(journey.leaks(serve.log), [])
        yield* journey.checkHonesty
      }).pipe(Effect.scoped))
  }
})

class Running extends Context.Service<Running, {
  readonly cluster: Clusters.Cluster
  readonly serve: ServeProcess.ServeProcess
}>()("nominal-code/test/RunningWithOpenAi") {}

const running = Layer.effect(
  Running,
  Effect.gen(function*() {
    const cluster = yield* Clusters.make({ provider: "openai" })
    return { cluster, serve: yield* cluster.journey.start() }
  })
)

redisSuite("a cluster", () =>
  layer(running, { excludeTestServices: true, timeout: "2 minutes" })((it) => {
    it.effect("tells a Job with its settings which model service to ask, and the pod has the key only", () =>
      Effect.gen(function*() {
        const { cluster: { journey, kube }, serve } = yield* Running
        const pull = yield* open(journey, "pod")
        journey.script(pull, script)
        yield* journey.send({ ...opened, pull }, serve)
        yield* Journey.until("the review", () => journey.emulator.state.reviews.some((one) => one.pull === pull))
        const [created] = kube.store.jobs()
        const variables = created?.spec.template.spec?.containers[0]?.env?.map(({ name }) => name) ?? []
        assert.notInclude(variables, "AGENT_PROVIDER")
        assert.deepStrictEqual(new Set(pathsOf(journey)), new Set(["/v1/responses"]))
        yield* journey.checkHonesty
      }))

    it.effect("says which key a pod does not have", () =>
      Effect.gen(function*() {
        const { cluster: { journey, kube }, serve } = yield* Running
        const { OPENAI_API_KEY: _, ...others } = kube.secrets.get(Clusters.secretName) ?? {}
        kube.secrets.set(Clusters.secretName, { ...others, ANTHROPIC_API_KEY: journey.secrets.apiKey })
        const pull = yield* open(journey, "keyless")
        yield* journey.send({ ...opened, pull }, serve)
        yield* Journey.until("the server to say it", () =>
          serve.log.some((line) =>
            line.includes("model: openai (unauthorized): There is no key for the OpenAI API: set OPENAI_API_KEY")
          ))
      }))
  }))
