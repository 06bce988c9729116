import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Redacted } from "effect"
import { createHmac } from "node:crypto"
import type { GitLabWebhookOptions } from "../src/gitlab/Options.ts"
import { verifyDelivery, verifyHeaders } from "../src/gitlab/Signature.ts"

const encode = (text: string) => new TextEncoder().encode(text)
const secret = "a secret token of GitLab"
const key = Buffer.from("a key of thirty-two bytes or so.")
const signingToken = `whsec_${key.toString("base64")}`
const seconds = 1_700_000_000

const options = (given: { readonly secret?: string; readonly signingToken?: string } = {}): GitLabWebhookOptions => ({
  secret: Option.map(Option.fromUndefinedOr(given.secret), (text) => Redacted.make(text)),
  signingToken: Option.map(Option.fromUndefinedOr(given.signingToken), (text) => Redacted.make(text)),
  allowUnsigned: false
})

const verify = (
  given: GitLabWebhookOptions,
  headers: Readonly<Record<string, string | undefined>>,
  body: Uint8Array = encode("{}")
) =>
  Effect.match(Effect.fromResult(verifyDelivery(given, { headers, body }, seconds * 1000)), {
    onFailure: ({ reason }) => reason,
    onSuccess: () => "accepted" as const
  })

const refused = Effect.fnUntraced(function*(...given: Parameters<typeof verify>) {
  assert.strictEqual(yield* verify(...given), "invalid-signature", JSON.stringify(given[1]))
})

it.effect("what the headers alone show is refused before there is a body", () =>
  Effect.gen(function*() {
    const verify = (given: GitLabWebhookOptions, headers: Readonly<Record<string, string>>) =>
      Effect.fromResult(verifyHeaders(given, headers, seconds * 1000))
    yield* verify(options({ secret }), { "x-gitlab-token": secret })
    yield* Effect.flip(verify(options({ secret }), { "x-gitlab-token": `${secret}!` }))
    yield* Effect.flip(verify(options({ signingToken }), {}))
    const late = { "webhook-id": "one", "webhook-timestamp": String(seconds - 301), "webhook-signature": "v1,x" }
    yield* Effect.flip(verify(options({ signingToken }), late))
  }))

describe("a secret token", () => {
  const own = options({ secret })

  it.effect("opens the hook", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* verify(own, { "x-gitlab-token": secret }), "accepted")
      // Node gives a header's bytes as Latin-1.
      const given = Buffer.from("geheimnisträgerin").toString("latin1")
      assert.strictEqual(
        yield* verify(options({ secret: "geheimnisträgerin" }), { "x-gitlab-token": given }),
        "accepted"
      )
    }))

  it.effect("that is absent, cut, longer or of other letters is refused", () =>
    Effect.gen(function*() {
      const wrong = [undefined, "", secret.slice(1), `${secret} `, secret.toUpperCase(), "😀", "x".repeat(100_000)]
      for (const token of wrong) yield* refused(own, { "x-gitlab-token": token })
    }))

  it.effect("or a signing token has to be configured", () =>
    Effect.gen(function*() {
      yield* refused(options(), { "x-gitlab-token": secret })
      assert.strictEqual(yield* verify({ ...options(), allowUnsigned: true }, {}), "accepted")
      yield* refused({ ...own, allowUnsigned: true }, {})
    }))
})

describe("a signature", () => {
  const own = options({ signingToken })
  const sign = (id: string, timestamp: number | string, body = "{}", by = key) =>
    `v1,${createHmac("sha256", by).update(`${id}.${timestamp}.${body}`).digest("base64")}`
  const signed = (
    changes: Readonly<Record<string, string | undefined>> = {},
    timestamp: number | string = seconds
  ) => ({
    "webhook-id": "one",
    "webhook-timestamp": String(timestamp),
    "webhook-signature": sign("one", timestamp),
    ...changes
  })

  it.effect("opens the hook, also beside one of another key", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* verify(own, signed()), "accepted")
      const both = `${sign("one", seconds, "{}", Buffer.from("another"))} ${sign("one", seconds)}`
      assert.strictEqual(yield* verify(own, signed({ "webhook-signature": both })), "accepted")
    }))

  it.effect("of another key, id, time or body, or of no form, is refused", () =>
    Effect.gen(function*() {
      const changes: ReadonlyArray<Readonly<Record<string, string | undefined>>> = [
        { "webhook-signature": sign("one", seconds, "{}", Buffer.from("another")) },
        { "webhook-signature": sign("one", seconds).replace("v1,", "v2,") },
        { "webhook-signature": sign("one", seconds).replace("v1,", "") },
        { "webhook-signature": "" },
        { "webhook-signature": undefined },
        { "webhook-id": "two" },
        { "webhook-id": undefined },
        { "webhook-timestamp": String(seconds + 1) },
        { "webhook-timestamp": undefined },
        { "webhook-timestamp": "yesterday", "webhook-signature": sign("one", "yesterday") }
      ]
      for (const change of changes) yield* refused(own, signed(change))
      yield* refused(own, signed(), encode("{} "))
    }))

  it.effect("holds for five minutes before and after its time", () =>
    Effect.gen(function*() {
      for (const age of [-300, 300]) assert.strictEqual(yield* verify(own, signed({}, seconds + age)), "accepted")
      for (const age of [-301, 301]) yield* refused(own, signed({}, seconds + age))
    }))

  it.effect("and a secret token are both needed where both are configured", () =>
    Effect.gen(function*() {
      const both = options({ secret, signingToken })
      yield* refused(both, signed())
      yield* refused(both, { "x-gitlab-token": secret })
      assert.strictEqual(yield* verify(both, signed({ "x-gitlab-token": secret })), "accepted")
    }))
})
