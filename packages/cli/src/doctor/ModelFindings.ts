import type { ProviderSettings } from "@nominal-code/config/AppConfig"
import { retirementOf } from "@nominal-code/config/DefaultModels"
import { claudeCode, modelsOf } from "@nominal-code/domain/settings/ReviewSettings"
import { wordsOf } from "@nominal-code/llm/ErrorWords"
import { LlmProviders } from "@nominal-code/llm/LlmProviders"
import * as NetworkHttp from "@nominal-code/llm/NetworkHttp"
import { pricesWith } from "@nominal-code/llm/Pricing"
import { type Duration, Effect, Option, Redacted, Schema } from "effect"
import { HttpClient, HttpClientRequest, HttpClientResponse } from "effect/http"
import * as ModelServices from "../ModelServices.ts"
import { checkPrices, type PricedSettings } from "../Prices.ts"
import { asked, type AskOptions, ok, problem, warning } from "./Finding.ts"

const Listed = Schema.Union([
  Schema.Struct({ data: Schema.Array(Schema.Struct({ id: Schema.String })) }),
  // Google's, whose names begin with `models/`.
  Schema.Struct({ models: Schema.Array(Schema.Struct({ name: Schema.String })) })
])

const idsOf = (listed: typeof Listed.Type): ReadonlyArray<string> =>
  "data" in listed ? listed.data.map(({ id }) => id) : listed.models.map(({ name }) => name.replace(/^models\//, ""))

interface Question {
  readonly url: string
  /** Address of the list of all models. */
  readonly list: string
  readonly headers: Readonly<Record<string, string>>
  /** True if the answer is the list of all models. */
  readonly isList: boolean
}

/** The request that asks a service for a model; none where the service has no address. */
const questionOf = ({ apiKey, baseUrl, cloud, name }: ProviderSettings, model: string): Option.Option<Question> => {
  const key = Option.match(apiKey, { onNone: () => "", onSome: Redacted.value })
  const root = (usual: string) => Option.getOrElse(baseUrl, () => usual).replace(/\/+$/, "")
  if (name === "anthropic") {
    return Option.some({
      url: `${root("https://api.anthropic.com")}/v1/models/${encodeURIComponent(model)}`,
      list: `${root("https://api.anthropic.com")}/v1/models?limit=100`,
      headers: { "x-api-key": key, "anthropic-version": "2023-06-01" },
      isList: false
    })
  }
  if (name === "google") {
    return Option.some({
      url: `${root("https://generativelanguage.googleapis.com")}/v1beta/models/${encodeURIComponent(model)}`,
      list: `${root("https://generativelanguage.googleapis.com")}/v1beta/models?pageSize=1000`,
      headers: { "x-goog-api-key": key },
      isList: false
    })
  }
  // It is asked with the credentials of its calls.
  if (cloud !== undefined) return Option.none()
  return Option.map(baseUrl, (url) => ({
    url: `${url.replace(/\/+$/, "")}/models`,
    list: `${url.replace(/\/+$/, "")}/models`,
    headers: key === "" ? {} : { authorization: `Bearer ${key}` },
    isList: true
  }))
}

/** The services whose key is refused, by its status. */
const refused: ReadonlySet<number> = new Set([401, 403])

/** A service that did not answer. The message has the reason that its connection gave. */
class ModelAway extends Schema.TaggedError<ModelAway>()("ModelAway", { message: Schema.String }) {}

const get = ({ headers }: Question, url: string) =>
  Effect.catchReason(
    HttpClient.execute(HttpClientRequest.setHeaders(HttpClientRequest.get(url), headers)),
    "HttpClientError",
    "TransportError",
    ({ cause }) => Effect.fail(new ModelAway({ message: `no answer: ${wordsOf(cause)}` }))
  )

/** Part of a model's name that its successors share: `claude-sonnet-`, `gpt-`. */
const familyOf = (model: string): string => /^[^\d]*/.exec(model)?.[0] ?? model

/** Number of models that are named in place of a missing one. */
const mostNamed = 5

/** Models of the same family that the service has. It lists the newest ones first, or in no order. */
const siblingsOf = (model: string, ids: ReadonlyArray<string>): ReadonlyArray<string> =>
  ids.filter((id) => id.startsWith(familyOf(model))).slice(0, mostNamed)

/** Says that a model is not there, and which one to take: its known successor, or those of its family. */
const missingText = (name: string, model: string, siblings: ReadonlyArray<string>) => {
  const known = retirementOf(model)
  const instead = known !== undefined
    ? `, such as its successor ${known.successor}`
    : siblings.length === 0
    ? ""
    : `, such as ${siblings.join(", ")}`
  return [problem("model", `${name} has no model ${model}: correct agent.model (AGENT_MODEL)${instead}`)]
}

const missingModel = Effect.fnUntraced(function*(name: string, model: string, question: Question) {
  const listed = yield* Effect.option(
    Effect.flatMap(get(question, question.list), HttpClientResponse.schemaBodyJson(Listed))
  )
  const siblings = Option.match(listed, { onNone: () => [], onSome: (list) => siblingsOf(model, idsOf(list)) })
  return missingText(name, model, siblings)
})

const untold = (
  name: string,
  model: string
) => [warning("model", `${name} does not list its models: the first review shows if ${model} is there`)]

/** Asks a service of a cloud, with the credentials of its calls. */
const lookUpInCloud = Effect.fnUntraced(function*(
  { name, ...settings }: ProviderSettings,
  deadline: Duration.Duration,
  model: string
) {
  const services = ModelServices.layer([{ name, ...settings }], deadline)
  const { presenceOf } = yield* Effect.provide(LlmProviders.use((providers) => providers.of(name)), services)
  const presence = presenceOf === undefined ? Option.none() : yield* presenceOf(model)
  if (Option.isNone(presence)) return untold(name, model)
  const { isThere, others } = presence.value
  if (isThere) return [ok("model", `${name} accepts the credentials, and has ${model}`)]
  // The names of deployments are anybody's.
  const named = name === "azure" ? others.slice(0, mostNamed) : siblingsOf(model, others)
  return missingText(name, model, named)
})

const lookUp = Effect.fnUntraced(function*(settings: ProviderSettings, model: string) {
  const { name } = settings
  const question = questionOf(settings, model)
  if (Option.isNone(question)) return untold(name, model)
  const { isList, url } = question.value
  const response = yield* get(question.value, url)
  const { status } = response
  const there = [ok("model", `${name} accepts the key, and has ${model}`)]
  const missing = missingModel(name, model, question.value)
  if (refused.has(status)) return [problem("model", `${name} refuses the key (${status}): set one that is valid`)]
  if (!isList && status === 404) return yield* missing
  if (status !== 200) return [warning("model", `${name} does not list its models (${status})`)]
  if (!isList) return there
  const listed = yield* Effect.option(HttpClientResponse.schemaBodyJson(Listed)(response))
  if (Option.isNone(listed)) return [warning("model", `${name} lists its models in a form that is not known here`)]
  return idsOf(listed.value).includes(model) ? there : yield* missing
})

/** Advice about a service that does not answer. */
const away = (provider: string): AskOptions<{ readonly message: string }> => ({
  remedy: `see if this machine reaches ${provider}, through HTTPS_PROXY if there is one, and if its URL is right`,
  isAway: (error) => error instanceof ModelAway
})

const found = Effect.fnUntraced(function*(settings: ModelSettings, provider: string, model: string) {
  if (provider === claudeCode) return [ok("model", "Claude Code reviews: it checks its login when the server starts")]
  const service = settings.providers.find(({ name }) => name === provider)
  return service === undefined
    ? [problem("model", `there is no key for ${provider}`)]
    : service.cloud === undefined
    ? yield* asked("model", provider, Effect.provide(lookUp(service, model), NetworkHttp.layer), away(provider))
    : yield* asked("model", provider, lookUpInCloud(service, settings.jobs.deadline, model), away(provider))
})

/** Settings of the models. */
export interface ModelSettings extends PricedSettings {
  readonly providers: ReadonlyArray<ProviderSettings>
  readonly jobs: { readonly deadline: Duration.Duration }
}

/** Keys, models and prices of every role. */
export const modelFindings = Effect.fnUntraced(function*(settings: ModelSettings) {
  const { review } = settings
  const models = new Map(modelsOf(review).map(({ model, provider }) => [`${provider} ${model}`, { model, provider }]))
  const answers = yield* Effect.forEach(models.values(), ({ model, provider }) => found(settings, provider, model), {
    concurrency: 4
  })
  const { priceOf } = pricesWith(review.prices)
  const unpriced = [...models.values()].filter(({ model, provider }) =>
    provider !== claudeCode && Option.isNone(priceOf(model))
  )
  const refusal = yield* Effect.option(Effect.flip(checkPrices(settings)))
  const prices = Option.match(refusal, {
    onNone: () => unpriced.map(({ model }) => warning("model", `the price of ${model} is not known: no cost is shown`)),
    onSome: ({ problems }) => problems.map((text) => problem("model", text))
  })
  return [...answers.flat(), ...prices]
})
