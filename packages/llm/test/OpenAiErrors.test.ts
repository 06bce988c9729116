import { assert, describe, it } from "@effect/vitest"
import * as OpenAi from "@nominal-code/llm/OpenAi"
import { Duration, Effect } from "effect"
import { failureSuite } from "./failureSuite.ts"
import { against, fine, key, request } from "./OpenAiScene.ts"
import * as Wire from "./OpenAiWire.ts"

const limited = { code: "rate_limit_exceeded", message: "Rate limit reached" }

failureSuite({
  against,
  withoutKey: OpenAi.layerWithoutKey,
  request,
  key,
  noKey: "There is no key for the OpenAI API: set OPENAI_API_KEY",
  fine,
  stall: Wire.stall,
  overloaded: Wire.failed(503, { message: "Slow down", code: "slow_down" }),
  away: Wire.failed(429, limited, { "retry-after": "3600" }),
  passing: Wire.passing,
  lasting: [
    [
      Wire.failed(401, { code: "invalid_api_key", message: `Incorrect API key provided: ${key}` }),
      "unauthorized",
      /refused the key \(401\), check OPENAI_API_KEY/
    ],
    [
      Wire.failed(401, {
        code: "invalid_api_key",
        message: "Incorrect API key provided: sk-proj-******************cret."
      }),
      "unauthorized",
      /provided: \[REDACTED\]\.$/
    ],
    [Wire.failed(403, { message: "no access" }), "unauthorized", /OPENAI_API_KEY/],
    [
      Wire.failed(429, {
        type: "insufficient_quota",
        code: "insufficient_quota",
        message: "You exceeded your current quota"
      }),
      "no-credit",
      /no quota left for this key \(429\)/
    ],
    [
      Wire.failed(400, { code: "context_length_exceeded", message: "Your input exceeds the context window" }),
      "context-too-long",
      /too long/
    ],
    [
      Wire.failed(429, {
        code: "rate_limit_exceeded",
        message: "Request too large for gpt-4.1: Limit 30000, Requested 90000"
      }),
      "context-too-long",
      /Requested 90000/
    ],
    [
      Wire.failedResponse("context_length_exceeded", "Your input exceeds the context window of this model."),
      "context-too-long",
      /too long/
    ],
    [Wire.errorEvent("context_length_exceeded", "Your input is too long."), "context-too-long", /too long/],
    [Wire.failed(413, { message: "Payload too large" }), "context-too-long", /too long/],
    [Wire.failedResponse("invalid_prompt", "Your prompt was flagged"), "refused", /does not let the model answer/],
    [
      Wire.failed(400, { message: "max_output_tokens:\n16384 > 4096" }),
      "invalid-request",
      /: max_output_tokens: 16384/
    ],
    [Wire.failed(404, { code: "model_not_found", message: "no model gpt-9" }), "no-model", /no model gpt-9/]
  ]
})

describe("a limit is waited for", () => {
  const waits: ReadonlyArray<readonly [Record<string, string>, Duration.Duration | undefined]> = [
    [{ "retry-after-ms": "5", "retry-after": "1" }, Duration.millis(5)],
    [{ "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "3ms" }, Duration.millis(3)],
    [
      {
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "1.5ms",
        "x-ratelimit-remaining-requests": "9",
        "x-ratelimit-reset-requests": "6m0s"
      },
      Duration.millis(1.5)
    ],
    [{ "x-ratelimit-remaining-tokens": "12", "x-ratelimit-reset-tokens": "40s" }, undefined],
    [{ "retry-after": "soon" }, undefined]
  ]
  for (const [headers, wait] of waits) {
    it.live(`after ${wait === undefined ? "our own time" : Duration.format(wait)} for ${JSON.stringify(headers)}`, () =>
      Effect.gen(function*() {
        const { fails } = yield* against([Wire.failed(429, limited, headers)])
        assert.deepStrictEqual((yield* fails(request)).retryAfter, wait)
      }))
  }
})
