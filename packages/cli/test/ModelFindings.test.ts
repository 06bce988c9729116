import { assert, it } from "@effect/vitest"
import type { ProviderSettings } from "@nominal-code/config/AppConfig"
import { reviewSettings, testConfig } from "@nominal-code/testing/TestConfig"
import { Effect, Option, Redacted } from "effect"
import { type Reply, serve, status } from "../../llm/test/ScriptedService.ts"
import { modelFindings } from "../src/doctor/ModelFindings.ts"

type Service = Omit<ProviderSettings, "apiKey" | "baseUrl">

/** Findings of `doctor` about the model of a service that gives these answers, one after the other. */
const foundOf = Effect.fnUntraced(function*(service: Service, replies: ReadonlyArray<Reply>, model: string) {
  const { url } = yield* serve(replies)
  const { name } = service
  const config = testConfig({
    review: { ...reviewSettings, reviewer: { ...reviewSettings.reviewer, provider: name, model } },
    providers: [{ ...service, apiKey: Option.some(Redacted.make("the-key")), baseUrl: Option.some(url) }]
  })
  const findings = yield* modelFindings(config)
  return findings.filter(({ text }) => text.includes(name)).map(({ status, text }) => `${status}: ${text}`)
})

const azure = {
  name: "azure",
  cloud: { _tag: "Azure", apiVersion: Option.none(), identity: { _tag: "Managed" }, authority: Option.none() }
} as const

const found = (reply: Reply, model: string) => foundOf(azure, [reply], model)

it.live("doctor asks a cloud for a role's model with the credentials of its calls", () =>
  Effect.gen(function*() {
    const deployments = status(200, { data: [{ id: "review" }, { id: "small" }] })
    assert.include(yield* found(deployments, "review"), "ok: azure accepts the credentials, and has review")
    assert.match(
      (yield* found(deployments, "gpt-6.1-sol")).join("\n"),
      /^problem: azure has no model gpt-6\.1-sol: correct .*\(AGENT_MODEL\), such as review, small$/m
    )
    assert.include(
      yield* found(status(401, {}), "review"),
      "problem: azure: The Azure OpenAI API refused the key (401), check AZURE_OPENAI_API_KEY or the identity's role"
    )
    assert.include(
      yield* found(status(404, {}), "review"),
      "warning: azure does not list its models: the first review shows if review is there"
    )
  }))

it.live("doctor names the models of a missing one's family as the service lists them", () =>
  Effect.gen(function*() {
    const listed = { models: [{ name: "models/gemini-3-pro" }, { name: "models/embedding-1" }] }
    assert.include(
      yield* foundOf({ name: "google" }, [status(404, {}), status(200, listed)], "gemini-9"),
      "problem: google has no model gemini-9: correct agent.model (AGENT_MODEL), such as gemini-3-pro"
    )
    const ids = { data: [{ id: "gpt-6.2" }, { id: "o9" }] }
    assert.include(
      yield* foundOf({ name: "openai" }, [status(200, ids)], "o9"),
      "ok: openai accepts the key, and has o9"
    )
    assert.include(
      yield* foundOf({ name: "openai" }, [status(200, ids)], "gpt-1"),
      "problem: openai has no model gpt-1: correct agent.model (AGENT_MODEL), such as gpt-6.2"
    )
  }))

it.live("doctor tells a key that is refused from a service that does not list its models", () =>
  Effect.gen(function*() {
    for (const code of [401, 403]) {
      assert.include(
        yield* foundOf({ name: "openai" }, [status(code, {})], "o9"),
        `problem: openai refuses the key (${code}): set one that is valid`
      )
    }
    assert.include(
      yield* foundOf({ name: "openai" }, [status(404, {})], "o9"),
      "warning: openai does not list its models (404)"
    )
    assert.include(
      yield* foundOf({ name: "openai" }, [status(200, { objects: [] })], "o9"),
      "warning: openai lists its models in a form that is not known here"
    )
  }))
