import { defaultModels } from "@nominal-code/config/DefaultModels"
import { Usage } from "@nominal-code/domain/model/Usage"
import { listedPrices } from "@nominal-code/llm/Pricing"
import * as ScriptedModel from "@nominal-code/testing/ScriptedModel"
import { Duration, Effect, Option, Schema } from "effect"
import { count, type Figure, NotMeasured, ratio } from "./Figure.ts"
import * as ModelRecorder from "./ModelRecorder.ts"
import type { RecordedCall } from "./ModelRecorder.ts"
import * as Program from "./Program.ts"
import { median } from "./Samples.ts"
import * as Shop from "./Shop.ts"
import * as Stage from "./Stage.ts"

/** A service of each protocol. */
const providers = ["anthropic", "openai", "google", "deepseek"] as const
type Provider = typeof providers[number]

/** Characters of a token, roughly. What is compared are the requests of one version with those of another. */
const charactersPerToken = 4

const Part = Schema.optionalKey(Schema.Json)
const Messages = Schema.optionalKey(Schema.Array(Schema.Json))
const Body = Schema.fromJsonString(Schema.Struct({
  tools: Part,
  system: Part,
  instructions: Part,
  systemInstruction: Part,
  messages: Messages,
  input: Messages,
  contents: Messages
}))

/** Marks of what is to be cached change from call to call, and are no part of the prompt. */
const withoutMarks = (part: Schema.Json | undefined): string =>
  JSON.stringify(part ?? "").replaceAll(",\"cache_control\":{\"type\":\"ephemeral\"}", "")

/** Pieces of a prompt in the order in which a service caches them. */
const piecesOf = ({ body }: RecordedCall): ReadonlyArray<string> => {
  const { contents, input, instructions, messages, system, systemInstruction, tools } = Schema.decodeSync(Body)(body)
  const before = [tools, system ?? instructions ?? systemInstruction]
  return [...before, ...(messages ?? input ?? contents ?? [])].map(withoutMarks)
}

const none = JSON.stringify("")

/** The pieces of a prompt that are those of every review of the same settings. Chat Completions has the role in a message. */
const roleAndTools = (pieces: ReadonlyArray<string>) => pieces.slice(0, pieces[1] === none ? 3 : 2)

const lengthOf = (pieces: ReadonlyArray<string>) => pieces.reduce((sum, piece) => sum + piece.length, 0)

/** Characters at the beginning of a prompt that an earlier one has, too: what a service can read from its cache. */
const cachedOf = (prompt: ReadonlyArray<string>, earlier: ReadonlyArray<ReadonlyArray<string>>): number =>
  Math.max(
    0,
    ...earlier.map((other) => {
      const differs = prompt.findIndex((piece, index) => piece !== other[index])
      return lengthOf(differs === -1 ? prompt : prompt.slice(0, differs))
    })
  )

/** Percentage of the characters of a review's prompts that a cache has; `earlier`: the prompts before the review. */
const shareOf = (
  prompts: ReadonlyArray<ReadonlyArray<string>>,
  earlier: ReadonlyArray<ReadonlyArray<string>> = []
): number => {
  const cached = prompts.map((prompt, index) => cachedOf(prompt, [...earlier, ...prompts.slice(0, index)]))
  const total = (lengths: ReadonlyArray<number>) => lengths.reduce((sum, length) => sum + length, 0)
  return Math.round((100 * total(cached)) / total(prompts.map(lengthOf)))
}

/** Characters of an answer: its words, and its calls. */
const answerLength = ({ answer: { calls = [], text = "" } }: ScriptedModel.ModelTurn): number =>
  text.length + (calls.length === 0 ? 0 : JSON.stringify(calls).length)

/** US dollars of a review at the list price of the provider's default model: its prompts, with what its cache has, and the answers. */
const dollarsOf = (
  provider: Provider,
  prompts: ReadonlyArray<ReadonlyArray<string>>,
  answers: ReadonlyArray<number>
): number =>
  prompts.reduce((sum, prompt, index) => {
    const cacheRead = cachedOf(prompt, prompts.slice(0, index)) / charactersPerToken
    const input = lengthOf(prompt) / charactersPerToken - cacheRead
    const output = Math.round((answers[index] ?? 0) / charactersPerToken)
    const usage = new Usage({ input: Math.round(input), output, cacheRead: Math.round(cacheRead), cacheWrite: 0 })
    return sum + Option.getOrElse(listedPrices.costOf(defaultModels[provider], usage), () => 0)
  }, 0)

/** Milliseconds from each answer to the next request: what the loop and its tools take. */
const gapsOf = (calls: ReadonlyArray<RecordedCall>): ReadonlyArray<number> =>
  calls.flatMap(({ startedAt }, index) => {
    const before = calls[index - 1]
    return before === undefined ? [] : [startedAt - before.endedAt]
  })

/** Milliseconds of a bare exchange of so many bytes with the same server. */
const bareExchange = Effect.fnUntraced(function*(url: string, bytes: number) {
  const body = JSON.stringify({ padding: "x".repeat(bytes) })
  const exchange = Effect.promise(() => fetch(url, { method: "POST", body }).then((reply) => reply.text()))
  yield* exchange
  const times = yield* Effect.forEach(Array.from({ length: 9 }), () => Effect.timed(exchange), { concurrency: 1 })
  return median(times.map(([time]) => Duration.toMillis(time)))
})

/** A `serve` that asks a provider's protocol, through a recorder. */
const serving = Effect.fnUntraced(function*(shop: Shop.Shop, program: Program.Program, provider: Provider) {
  const recorder = yield* ModelRecorder.make(shop.model.url)
  const { emulator } = shop
  const { ANTHROPIC_API_KEY: _key, ANTHROPIC_BASE_URL: _url, ...environment } = yield* Stage.environment({
    forge: emulator.apiBase,
    token: emulator.account(Stage.botName).token,
    model: recorder.url
  })
  const serve = yield* Program.serve(program, {
    ...environment,
    ...ScriptedModel.variables(recorder.url, provider, "bench")
  })
  return { recorder, serve }
})

/** Measures what a cache has of a review of many turns. */
const measureLong = Effect.fnUntraced(function*(shop: Shop.Shop, program: Program.Program) {
  yield* shop.lookLonger
  const { recorder, serve } = yield* serving(shop, program, "anthropic")
  const { first, second } = yield* shop.open("models-long")
  yield* Shop.review(shop, serve, first)
  const before = recorder.calls.length
  yield* Shop.review(shop, serve, second)
  const prompts = recorder.calls.map(piecesOf)
  const [earlier, review] = [prompts.slice(0, before), prompts.slice(before)]
  const name = `anthropic: share of them that a cache has, a review of ${review.length} calls`
  return [
    count(`${name}, %`, [shareOf(review)]),
    count(`${name} soon after another, %`, [shareOf(review, earlier.map(roleAndTools))])
  ]
}, Effect.scoped)

const measureOne = Effect.fnUntraced(function*(shop: Shop.Shop, program: Program.Program, provider: Provider) {
  const { recorder, serve } = yield* serving(shop, program, provider)
  const { first, second } = yield* shop.open(`models-${provider}`)
  yield* Shop.review(shop, serve, first)
  const [before, said] = [recorder.calls.length, shop.model.turns.length]
  yield* Shop.review(shop, serve, second)
  const [earlier, calls] = [recorder.calls.slice(0, before), recorder.calls.slice(before)]
  if (calls.length < 2) return yield* new NotMeasured({ message: `${provider} was asked ${calls.length} times` })
  const prompts = calls.map(piecesOf)
  const characters = prompts.reduce((sum, prompt) => sum + lengthOf(prompt), 0)
  const gaps = gapsOf(calls)
  const bare = yield* bareExchange(`${recorder.url}/none`, Math.round(characters / calls.length))
  const figures: ReadonlyArray<Figure> = [
    count(`${provider}: calls per review`, [calls.length]),
    count(`${provider}: input tokens per review`, [characters / charactersPerToken]),
    count(`${provider}: share of them that a cache has, %`, [shareOf(prompts)]),
    count(`${provider}: the same, soon after another review, %`, [
      shareOf(prompts, earlier.map(piecesOf).map(roleAndTools))
    ]),
    count(
      `${provider}: dollars per review at list price`,
      [dollarsOf(provider, prompts, shop.model.turns.slice(said).map(answerLength))],
      `${defaultModels[provider]}; the answers are scripted`
    ),
    ratio(
      { name: `${provider}: loop per turn`, unit: "ms", against: "a bare exchange of as many bytes" },
      gaps,
      gaps.map(() => bare)
    )
  ]
  return figures
}, Effect.scoped)

/** Measures what the fixed review asks of each protocol's model. */
export const measure = Effect.fn("Models.measure")(function*(program: Program.Program) {
  const shop = yield* Shop.make
  const figures = yield* Effect.forEach(providers, (provider) => measureOne(shop, program, provider), {
    concurrency: 1
  })
  const long = yield* measureLong(shop, program)
  yield* Shop.checkHonesty(shop)
  return [...figures.flat(), ...long]
}, Effect.scoped)
