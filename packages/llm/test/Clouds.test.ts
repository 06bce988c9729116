import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { KnownSecrets, makeKnownSecrets } from "@nominal-code/domain/secret/KnownSecrets"
import { endpointOf } from "@nominal-code/llm/anthropic/RawPredict"
import * as Azure from "@nominal-code/llm/Azure"
import * as Bedrock from "@nominal-code/llm/Bedrock"
import type { LlmRequest } from "@nominal-code/llm/LlmProvider"
import * as EntraToken from "@nominal-code/llm/openai/EntraToken"
import * as Vertex from "@nominal-code/llm/Vertex"
import { Clock, Duration, Effect, Fiber, FileSystem, Option, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { createHash, createHmac } from "node:crypto"
import { vi } from "vitest"
import * as Claude from "./AnthropicWire.ts"
import * as Clouds from "./CloudScenes.ts"
import { failureSuite } from "./failureSuite.ts"
import * as Gemini from "./GoogleWire.ts"
import { request as ofOpenAi } from "./OpenAiScene.ts"
import * as Gpt from "./OpenAiWire.ts"
import { serve, status } from "./ScriptedService.ts"

const { EntraIdentity } = EntraToken

/** Runs with a list of secrets that holds none at first; what becomes of a text of theirs. */
const hiding = <A, E, R>(use: (redacted: (text: string) => string) => Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const secrets = makeKnownSecrets([])
    return Effect.provideService(use(secrets.redactKnown), KnownSecrets, secrets)
  })

const requestOf = (model: string): LlmRequest => ({ ...ofOpenAi, model })

const claude = requestOf("global.anthropic.claude-sonnet-5-5")
const gemini = requestOf("gemini-3.8-flash")
const gpt = requestOf("my-deployment")

const fineClaude = Claude.answer(Claude.textBlock(0, "All ", "well."))
const fineGemini = Gemini.answer([Gemini.text("All "), Gemini.text("well.")])
const fineGpt = Gpt.answer([Gpt.message("All well.")])

describe("Amazon Bedrock", () => {
  failureSuite({
    against: Clouds.bedrock,
    withoutKey: Bedrock.layerWithoutKey,
    request: claude,
    key: Clouds.secretKey,
    noKey: "There is no key for the Amazon Bedrock API: set AWS_REGION",
    fine: fineClaude,
    stall: Claude.stall,
    overloaded: status(503, { message: "Too many connections" }),
    away: status(429, { message: "Too many tokens per day" }, { "retry-after": "3600" }),
    passing: Claude.passing,
    lasting: [
      [
        status(403, { message: `The security token ${Clouds.secretKey} is invalid.` }),
        "unauthorized",
        /Amazon Bedrock API refused the key \(403\), check AWS_BEARER_TOKEN_BEDROCK or the AWS role/
      ],
      [status(400, { message: "Input is too long for requested model." }), "context-too-long", /too long/],
      [status(413, { message: "Payload too large" }), "context-too-long", /too long/],
      [status(400, { message: "The provided model identifier is invalid." }), "no-model", /no such model/],
      [status(404, { message: "Could not resolve the foundation model" }), "no-model", /no such model/],
      [status(400, { message: "max_tokens:\n16384 > 4096" }), "invalid-request", /refused the request \(400\)/]
    ]
  })

  const hash = (text: string) => createHash("sha256").update(text).digest("hex")
  const sign = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest()

  it.live("a request is signed, body and temporary credentials included", () =>
    Effect.gen(function*() {
      const { received, send } = yield* Clouds.bedrock([fineClaude])
      yield* send(claude)
      const [{ headers, text, url } = assert.fail()] = received
      const [, day, names, signature] =
        /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/(\d{8})\/eu-central-1\/bedrock\/aws4_request, SignedHeaders=([\w;-]+), Signature=(\w{64})$/
          .exec(headers.authorization ?? "") ?? []
      const signed = (names ?? "").split(";")
      assert.includeMembers(signed, ["host", "x-amz-date", "x-amz-security-token"])
      const canonical = [
        "POST",
        url,
        "",
        ...signed.map((name) => `${name}:${String(headers[name])}`),
        "",
        names,
        hash(text)
      ].join("\n")
      const scope = `${day}/eu-central-1/bedrock/aws4_request`
      const toSign = `AWS4-HMAC-SHA256\n${String(headers["x-amz-date"])}\n${scope}\n${hash(canonical)}`
      const key = ["eu-central-1", "bedrock", "aws4_request"].reduce(
        (key, part) => sign(key, part),
        sign(`AWS4${Clouds.secretKey}`, day ?? "")
      )
      assert.strictEqual(signature, sign(key, toSign).toString("hex"))
      assert.deepStrictEqual([url, headers["x-amz-security-token"]], ["/anthropic/v1/messages", "a-session-token"])
    }))

  it.live("a Bedrock key is sent in place of a signature", () =>
    Effect.gen(function*() {
      const { received, send } = yield* Clouds.bedrockWithKey([fineClaude])
      yield* send(claude)
      assert.strictEqual(received[0]?.headers.authorization, "Bearer ABSK-very-secret")
      assert.strictEqual(received[0]?.body.model, "global.anthropic.claude-sonnet-5-5")
    }))

  it.live("credentials that AWS's chain finds are hidden from then on", () =>
    hiding((redacted) =>
      Effect.gen(function*() {
        vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDOFTHECHAIN")
        vi.stubEnv("AWS_SECRET_ACCESS_KEY", "a-secret-of-the-chain")
        vi.stubEnv("AWS_SESSION_TOKEN", "a-session-of-the-chain")
        const { received, send } = yield* Clouds.bedrockOfChain([fineClaude])
        yield* send(claude)
        assert.match(received[0]?.headers.authorization ?? "", /Credential=AKIDOFTHECHAIN/)
        assert.strictEqual(redacted("a-secret-of-the-chain a-session-of-the-chain"), "[REDACTED] [REDACTED]")
      })
    ).pipe(Effect.ensuring(Effect.sync(() => vi.unstubAllEnvs()))))
})

describe("Vertex AI", () => {
  failureSuite({
    against: Clouds.vertex,
    withoutKey: Vertex.layerWithoutKey,
    request: gemini,
    key: Clouds.accessToken,
    noKey: "There is no key for the Vertex AI API: set GOOGLE_CLOUD_PROJECT",
    fine: fineGemini,
    stall: Gemini.stall,
    overloaded: Gemini.failed(503, "UNAVAILABLE", "The model is overloaded."),
    away: Gemini.failed(429, "RESOURCE_EXHAUSTED", "come back later", Gemini.retryIn("3600s")),
    passing: Gemini.passing,
    lasting: [
      [
        Gemini.failed(403, "PERMISSION_DENIED", `Permission denied for ${Clouds.accessToken}`),
        "unauthorized",
        /Vertex AI API refused the key, check the role of the account in GOOGLE_CLOUD_PROJECT \(403\)/
      ],
      [Gemini.failed(413, "INVALID_ARGUMENT", "Request payload size exceeds"), "context-too-long", /too long/],
      [Gemini.failed(400, "INVALID_ARGUMENT", "no"), "invalid-request", /Vertex AI API refused the request/],
      [Gemini.failed(404, "NOT_FOUND", "Publisher Model `gemini-9` was not found"), "no-model", /gemini-9/]
    ]
  })

  it.live("a request names the project and its location, and carries the token of the workload, which is hidden from then on", () =>
    hiding((redacted) =>
      Effect.gen(function*() {
        const { received, send } = yield* Clouds.vertex([fineGemini])
        yield* send(gemini)
        const [{ headers, url } = assert.fail()] = received
        assert.strictEqual(
          url,
          "/v1/projects/my-project/locations/global/publishers/google/models/gemini-3.8-flash:streamGenerateContent?alt=sse"
        )
        assert.strictEqual(headers.authorization, `Bearer ${Clouds.accessToken}`)
        assert.strictEqual(redacted(Clouds.accessToken), "[REDACTED]")
      })
    ))

  it.live("Claude is asked at Anthropic's models of the project, in the words of the Messages API", () =>
    Effect.gen(function*() {
      const { received, send } = yield* Clouds.vertex([fineClaude])
      yield* send({ ...claude, model: "claude-haiku-4-5@20251001" })
      const [{ body, headers, url } = assert.fail()] = received
      assert.strictEqual(
        url,
        "/v1/projects/my-project/locations/global/publishers/anthropic/models/claude-haiku-4-5%4020251001:streamRawPredict"
      )
      assert.strictEqual(headers.authorization, `Bearer ${Clouds.accessToken}`)
      assert.notProperty(headers, "x-api-key")
      assert.deepStrictEqual([body.anthropic_version, body.stream], ["vertex-2023-10-16", true])
      assert.notProperty(body, "model")
      assert.deepStrictEqual(["global", "eu", "europe-west4"].map(endpointOf), [
        "https://aiplatform.googleapis.com",
        "https://aiplatform.eu.rep.googleapis.com",
        "https://europe-west4-aiplatform.googleapis.com"
      ])
    }))

  it.live("an account for which Google gives no token asks nothing, and nothing is hidden as its token", () =>
    hiding((redacted) =>
      Effect.gen(function*() {
        const { fails, received } = yield* Clouds.vertexWithoutToken([fineGemini])
        for (const request of [gemini, { ...claude, model: "claude-haiku-4-5@20251001" }]) {
          const error = yield* fails(request)
          assert.strictEqual(error.reason, "unauthorized")
          assert.match(error.message, /No Google Cloud credentials are found: .*no access token/)
        }
        assert.deepStrictEqual([received.length, redacted("a b")], [0, "a b"])
      })
    ))

  it.live("Claude takes no key of the express mode", () =>
    Effect.gen(function*() {
      const { received, url } = yield* serve([fineClaude])
      const vertex = yield* Vertex.make({
        project: "",
        location: "global",
        apiKey: Option.some(Redacted.make("AQ.key")),
        baseUrl: Option.some(url),
        credentialsFile: Option.none(),
        limits: { idle: Duration.seconds(5), attempt: Duration.seconds(5), total: Duration.seconds(5) }
      })
      const error = yield* Effect.flip(vertex.send({ ...claude, model: "claude-sonnet-5-5" }))
      assert.deepStrictEqual([error.reason, received.length], ["unauthorized", 0])
      assert.match(error.message, /GOOGLE_CLOUD_PROJECT/)
    }))

  it.live("credentials that are not there are told at once", () =>
    Effect.gen(function*() {
      const vertex = yield* Vertex.make({
        project: "p",
        location: "global",
        apiKey: Option.none(),
        baseUrl: Option.some("http://127.0.0.1:1"),
        credentialsFile: Option.some("/nowhere/credentials.json"),
        limits: { idle: Duration.seconds(5), attempt: Duration.seconds(5), total: Duration.seconds(5) }
      })
      const error = yield* Effect.flip(vertex.send(gemini))
      assert.deepStrictEqual([error.reason, error.retryable, error.mayBeBilled], ["unauthorized", false, false])
      assert.match(error.message, /^No Google Cloud credentials are found: .*\/nowhere\/credentials\.json/)
    }))
})

describe("Azure OpenAI", () => {
  failureSuite({
    against: Clouds.azure,
    withoutKey: Azure.layerWithoutKey,
    request: gpt,
    key: Clouds.azureKey,
    noKey: "There is no key for the Azure OpenAI API: set AZURE_OPENAI_ENDPOINT",
    fine: fineGpt,
    stall: Gpt.stall,
    overloaded: Gpt.failed(503, { message: "The engine is overloaded" }),
    away: Gpt.failed(429, { code: "429", message: "Requests have exceeded the token rate limit" }, {
      "retry-after": "3600"
    }),
    passing: Gpt.passing,
    lasting: [
      [
        status(401, { statusCode: 401, message: `Access denied due to an invalid key ${Clouds.azureKey}` }),
        "unauthorized",
        /Azure OpenAI API refused the key \(401\), check AZURE_OPENAI_API_KEY or the identity's role/
      ],
      [
        Gpt.failed(404, {
          code: "DeploymentNotFound",
          message: "The API deployment for this resource does not exist."
        }),
        "no-model",
        /no such model/
      ],
      [Gpt.failed(400, { code: "context_length_exceeded", message: "too long" }), "context-too-long", /too long/],
      [
        Gpt.failed(400, { code: "content_filter", message: "The prompt triggered the content management policy" }),
        "refused",
        /does not let the model answer/
      ],
      [Gpt.failed(400, { message: "Unsupported parameter" }), "invalid-request", /refused the request \(400\)/]
    ]
  })

  it.live("a deployment is asked at the API without versions, or at the dated version that is set", () =>
    Effect.gen(function*() {
      for (
        const [against, path, header] of [
          [Clouds.azure, "/openai/v1/responses", "authorization"],
          [Clouds.azureDated, "/openai/responses?api-version=2025-04-01-preview", "api-key"]
        ] as const
      ) {
        const { received, send } = yield* against([fineGpt])
        yield* send(gpt)
        const [{ body, headers, url } = assert.fail()] = received
        assert.deepStrictEqual([url, body.model], [path, "my-deployment"])
        assert.include(String(headers[header]), Clouds.azureKey)
      }
    }))

  const tokenFile = Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* fs.makeTempDirectoryScoped()
    yield* fs.writeFileString(`${directory}/token`, "a-federated-token\n")
    return `${directory}/token`
  })

  const application = { tenantId: "t1", clientId: "c1" }

  it.live("an identity of Entra gets a token, which is kept until shortly before it expires, and hidden", () =>
    hiding((redacted) =>
      Effect.gen(function*() {
        const identities = [
          [
            EntraIdentity.cases.ClientSecret.make({ ...application, secret: Redacted.make("s3cret") }),
            "/t1/oauth2/v2.0/token",
            /client_id=c1&scope=https%3A%2F%2Fcognitiveservices\.azure\.com%2F\.default&client_secret=s3cret$/
          ],
          [
            EntraIdentity.cases.Workload.make({ ...application, tokenFile: yield* tokenFile }),
            "/t1/oauth2/v2.0/token",
            /client_assertion=a-federated-token$/
          ],
          [
            EntraIdentity.cases.Managed.make({ clientId: "c2" }),
            "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fcognitiveservices.azure.com&client_id=c2",
            /^$/
          ]
        ] as const
        for (const [identity, url, body] of identities) {
          const lasting = status(200, { access_token: "lasting-token", expires_in: "3600" })
          const tokens = yield* serve([status(200, { access_token: "short-token", expires_in: 300 }), lasting])
          const { received, send } = yield* Clouds.azureWith(identity, tokens.url)([fineGpt])
          yield* Effect.repeat(send(gpt), { times: 2 })
          assert.deepStrictEqual(received.map(({ headers }) => headers.authorization), [
            "Bearer short-token",
            "Bearer lasting-token",
            "Bearer lasting-token"
          ])
          assert.strictEqual(redacted("short-token lasting-token"), "[REDACTED] [REDACTED]")
          assert.strictEqual(tokens.received.length, 2)
          assert.strictEqual(tokens.received[0]?.url, url)
          // Without it, the metadata service refuses: a request that somebody has forged has no such header.
          assert.strictEqual(tokens.received[0]?.headers["metadata"], url.startsWith("/metadata") ? "true" : undefined)
          assert.match(tokens.received[0]?.text ?? "", body)
        }
      })
    ).pipe(Effect.provide(NodeServices.layer)))

  it.live("an app of App Service or Container Apps gets a token from its own address, until the instant that it names", () =>
    Effect.gen(function*() {
      const now = Math.floor((yield* Clock.currentTimeMillis) / 1_000)
      const token = (access_token: string, lifetime: number) =>
        status(200, { access_token, expires_on: String(now + lifetime), resource: "r", token_type: "Bearer" })
      const tokens = yield* serve([token("short", 200), token("lasting", 86_400)])
      const host = { endpoint: `${tokens.url}/msi/token`, header: Redacted.make("853b9a84") }
      const identity = EntraIdentity.cases.Managed.make({ clientId: "c2", host })
      const { received, send } = yield* Clouds.azureWith(identity, "http://127.0.0.1:1")([fineGpt])
      yield* Effect.repeat(send(gpt), { times: 2 })
      assert.deepStrictEqual(received.map(({ headers }) => headers.authorization), [
        "Bearer short",
        "Bearer lasting",
        "Bearer lasting"
      ])
      assert.deepStrictEqual(
        tokens.received.map(({ headers, url }) => [headers["x-identity-header"], url])[0],
        [
          "853b9a84",
          "/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fcognitiveservices.azure.com&client_id=c2"
        ]
      )
      assert.strictEqual(tokens.received.length, 2)
    }))

  const byWord = EntraIdentity.cases.ClientSecret.make({ ...application, secret: Redacted.make("s3cret") })

  it.effect("a service of tokens that sends to another address gets no secret there, and one that is silent is left", () =>
    Effect.gen(function*() {
      const thief = yield* serve([status(200, { access_token: "t", expires_in: 3600 })])
      const moved = yield* serve([status(307, "", { location: thief.url })])
      const asked = Promise.withResolvers<unknown>()
      const silent = yield* serve([asked.resolve])
      const tokenOf = (authority: string) =>
        Effect.flatMap(EntraToken.make(byWord, { authority, metadata: authority }), ({ token }) => Effect.flip(token))
      assert.strictEqual((yield* tokenOf(moved.url)).reason, "unavailable")
      assert.deepStrictEqual(thief.received, [])
      const waiting = yield* Effect.forkChild(tokenOf(silent.url))
      yield* Effect.promise(() => asked.promise)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* Fiber.join(waiting)).reason, "unavailable")
    }).pipe(Effect.provide(NodeServices.layer)))

  it.live("a token that Entra refuses is told at once, and one that it owes is waited for", () =>
    Effect.gen(function*() {
      for (
        const [reply, reason, asked] of [
          [status(401, { error: "invalid_client" }), "unauthorized", 1],
          [status(503, "try later"), "unavailable", 5]
        ] as const
      ) {
        const tokens = yield* serve([reply])
        const { fails, received } = yield* Clouds.azureWith(byWord, tokens.url)([fineGpt])
        const error = yield* fails(gpt)
        assert.deepStrictEqual([error.reason, tokens.received.length, received.length], [reason, asked, 0])
        assert.notInclude(error.message, "s3cret")
      }
    }))
})
