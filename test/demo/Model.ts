import { defaultModelOf } from "@nominal-code/config/DefaultModels"
import { providerNames, providers } from "@nominal-code/config/settings/Providers"
import { Usage } from "@nominal-code/domain/model/Usage"
import { listedPrices } from "@nominal-code/llm/Pricing"
import * as ScriptedModel from "@nominal-code/testing/ScriptedModel"
import { Config, Data, type Duration, Effect, Option, type Redacted, Stream } from "effect"
import type { Figures } from "./Page.ts"
import { seededAnswers, seededReview } from "./SeededBugs.ts"
import type { Storefront } from "./Storefront.ts"

/** There is no model to review with. */
class NoModel extends Data.TaggedError("NoModel")<{ readonly message: string }> {}

/** Model that reviews the pull request. */
export interface DemoModel {
  readonly name: string
  /** Environment that tells `serve` of it. */
  readonly env: Readonly<Record<string, string | Redacted.Redacted>>
  /** Its turns as they happen; none are seen of a model that is not ours. */
  readonly journal: Stream.Stream<ScriptedModel.ModelTurn>
  /** Time that it has thought, in milliseconds, if known. */
  thought(): Option.Option<number>
  /** Usage of the review; `log` is the output of `serve`. */
  figures(log: ReadonlyArray<string>): Figures
  /** Complaints that the provider would have refused a request for. */
  readonly violations: ReadonlyArray<string>
  /** Longest time that one review may take. */
  readonly patience: Duration.Input
  /** Scripts the next review: of the files as they are when it is asked for. A real model reviews what it sees. */
  prepareReview(files: () => Storefront): void
  /** Scripts the answer to the next question. */
  prepareAnswer(): void
}

const count = (tokens: number) => tokens.toLocaleString("en")
const dollars = (cost: number) => `$${cost.toFixed(4)}`

const script = (storefront: Storefront): ScriptedModel.Script =>
  ScriptedModel.turns(
    {
      text: "The refund path changed most. I read it whole, what calls it, and what it calls.",
      calls: [
        { name: "Read", input: { file_path: "src/payments/refund.ts" } },
        { name: "Read", input: { file_path: "src/payments/PaymentGateway.ts" } },
        { name: "Grep", input: { pattern: "addRefund|refund\\(" } }
      ],
      usage: { input: 5214, output: 212 },
      latency: 900
    },
    {
      text: "A guard is gone. I look at when it came, and at how other queries pass their values.",
      calls: [
        { name: "GitLog", input: { path: "src/payments/refund.ts" } },
        { name: "Grep", input: { pattern: "db\\.query", path: "src/orders" } }
      ],
      usage: { input: 7038, output: 164 },
      latency: 700
    },
    { calls: [seededReview(storefront)], usage: { input: 8127, output: 1043 }, latency: 1400 }
  )

const reviewAgain = (files: () => Storefront): ScriptedModel.Script => {
  let prompt = ""
  return (request) => {
    // The findings are named in the first request alone.
    if (request.turn === 0) prompt = request.prompt
    return ScriptedModel.turns(
      {
        text: "I read what the push has changed, and look at each earlier finding again.",
        calls: [{ name: "Read", input: { file_path: "src/payments/refund.ts" } }],
        usage: { input: 4310, output: 96 },
        latency: 1500
      },
      { calls: [seededAnswers(files(), prompt)], usage: { input: 6120, output: 388 }, latency: 600 }
    )(request)
  }
}

const answer: ScriptedModel.Script = ScriptedModel.turns({
  calls: [
    ScriptedModel.submitReview(
      "Yes. The gateway tells refunds apart by their idempotency key, and `PaymentGateway.refund` makes one for each " +
        "order. As soon as that key names the refund, as a second partial refund needs it, nothing but the guard that " +
        "this pull request removes keeps the same order from being paid back twice.",
      []
    )
  ],
  usage: { input: 1874, output: 131 },
  latency: 900
})

const used = (turns: ReadonlyArray<ScriptedModel.ModelTurn>): Figures => {
  const usages = turns.map(({ answer }) => new Usage({ ...Usage.none, ...ScriptedModel.billed(answer) }))
  const total = usages.reduce((sum, usage) => sum.plus(usage), Usage.none)
  const model = turns[0]?.request.model ?? ""
  const costs = usages.map((usage) => listedPrices.costOf(model, usage))
  const cost = Option.map(Option.all(costs), (known) => known.reduce((sum, one) => sum + one, 0))
  return [
    ["model (scripted)", model],
    ["tokens in", count(total.input)],
    ["tokens out", count(total.output)],
    ...Option.toArray(Option.map(cost, (known) => ["would cost", dollars(known)] as const))
  ]
}

/** A model that knows the seeded bugs, and needs no key. */
export const scripted = Effect.fnUntraced(function*(storefront: Storefront) {
  const model = yield* ScriptedModel.make
  model.script(script(storefront))
  const demo: DemoModel = {
    name: `scripted, speaks Anthropic's Messages API on ${model.url}`,
    env: ScriptedModel.variables(model.url, "anthropic", "demo"),
    journal: model.journal,
    thought: () => Option.some(model.thought()),
    figures: () => used(model.turns),
    violations: model.violations,
    patience: "1 minute",
    prepareReview: (files) => model.script(reviewAgain(files)),
    prepareAnswer: () => model.script(answer)
  }
  return demo
})

const variable = (name: string) =>
  Config.option(Config.String(name)).pipe(Config.map(Option.filter((text) => text !== "")))
const secret = (name: string) => Config.option(Config.Redacted(name))

// What the agent logs at its end: `input=1 output=2 cost=0.1`, the cost only where the model's price is known.
const logged = (log: ReadonlyArray<string>, name: string): string | undefined =>
  log.findLast((line) => line.includes("The agent is done"))?.match(new RegExp(`\\b${name}=(\\S+)`))?.[1]

/** The real model, with the key and the settings of the environment. */
export const live = Effect.gen(function*() {
  const wanted = Option.getOrUndefined(yield* variable("AGENT_PROVIDER"))
  const candidates = providerNames.filter((name) => wanted === undefined ? providers[name].needsKey : name === wanted)
  const keys = yield* Effect.forEach(candidates, (provider) => {
    const [name] = providers[provider].apiKey.env
    return Effect.map(secret(name), Option.map((key) => ({ provider, name, key })))
  })
  const found = Option.firstSomeOf(keys)
  if (Option.isNone(found)) {
    const names = candidates.map((name) => providers[name].apiKey.env[0])
    return yield* new NoModel({ message: `--live needs the key of a model service: ${names.join(" or ")}` })
  }
  const { key, name, provider } = found.value
  const passed = yield* Effect.forEach(
    [...providers[provider].baseUrl.env, "AGENT_MODEL", "AGENT_MAX_TURNS"],
    (name) => Effect.map(variable(name), Option.map((value) => [name, value] as const))
  )
  const settings = Object.fromEntries(passed.flatMap(Option.toArray))
  const demo: DemoModel = {
    name: settings["AGENT_MODEL"] ?? defaultModelOf(provider) ?? provider,
    env: { ...settings, AGENT_PROVIDER: provider, [name]: key },
    journal: Stream.empty,
    thought: () => Option.none(),
    figures: (log) => {
      const names = [["model", "model"], ["input", "tokens in"], ["output", "tokens out"], [
        "costUsd",
        "cost"
      ]] as const
      return names.flatMap(([name, label]) => {
        const value = logged(log, name)
        return value === undefined ? [] : [[label, value] as const]
      })
    },
    violations: [],
    patience: "15 minutes",
    prepareReview: () => {},
    prepareAnswer: () => {}
  }
  return demo
})
