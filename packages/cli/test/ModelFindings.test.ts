import { assert, it } from "@effect/vitest"
import { reviewSettings, testConfig } from "@nominal-code/testing/TestConfig"
import { Effect, Option, Redacted } from "effect"
import { type Reply, serve, status } from "../../llm/test/ScriptedService.ts"
import { modelFindings } from "../src/doctor/ModelFindings.ts"

/** Findings of `doctor` about a deployment in an Azure that answers this. */
const found = Effect.fnUntraced(function*(reply: Reply, model: string) {
  const { url } = yield* serve([reply])
  const config = testConfig({
    review: { ...reviewSettings, reviewer: { ...reviewSettings.reviewer, provider: "azure", model } },
    providers: [{
      name: "azure",
      apiKey: Option.some(Redacted.make("azure-key")),
      baseUrl: Option.some(url),
      cloud: { _tag: "Azure", apiVersion: Option.none(), identity: { _tag: "Managed" }, authority: Option.none() }
    }]
  })
  const findings = yield* modelFindings(config)
  return findings.filter(({ text }) => text.includes("azure")).map(({ status, text }) => `${status}: ${text}`)
})

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
      "warning: azure does not tell its models: the first review shows if review is there"
    )
  }))
