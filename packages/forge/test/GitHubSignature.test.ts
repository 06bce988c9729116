import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Redacted } from "effect"
import { createHmac } from "node:crypto"
import { verifySignature } from "../src/github/Signature.ts"

const encode = (text: string) => new TextEncoder().encode(text)
const secret = "It's a Secret to Everybody"
const body = encode("Hello, World!")
/** The example of GitHub's documentation. */
const right = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"

const verify = (
  signature: string | undefined,
  options: { readonly body?: Uint8Array; readonly secret?: string } = {}
) =>
  Effect.fromResult(verifySignature(
    { secret: Option.some(Redacted.make(options.secret ?? secret)), allowUnsigned: false },
    { headers: { "x-hub-signature-256": signature }, body: options.body ?? body }
  ))

const refusal = (...given: Parameters<typeof verify>) => Effect.flip(verify(...given))

const hmac = (algorithm: string, key: string, data: Uint8Array = body) =>
  createHmac(algorithm, key).update(data).digest("hex")

/** The right signature with one hex digit changed, at every place and to every digit. */
const oneDigitOff = Array.from({ length: 64 }, (_, at) =>
  [..."0123456789abcdef"].map((digit) => {
    const hex = right.slice(7)
    return `sha256=${hex.slice(0, at)}${digit}${hex.slice(at + 1)}`
  })).flat().filter((signature) => signature !== right)

const odd: ReadonlyArray<string | undefined> = [
  undefined,
  "",
  "sha256=",
  "sha256",
  "=",
  right.slice(7),
  right.slice(0, -1),
  `${right}0`,
  `${right}\n`,
  ` ${right}`,
  right.toUpperCase(),
  right.replace("sha256", "sha1"),
  right.replace("sha256", "SHA256"),
  `sha256=${"ä".repeat(64)}`,
  `sha256=${"é".repeat(32)}`,
  "sha256=\u0000",
  `sha256=${"😀".repeat(16)}`,
  `sha256=${"g".repeat(64)}`,
  `sha256=${"0".repeat(1_000_000)}`,
  `sha1=${hmac("sha1", secret)}`,
  `sha256=${hmac("sha1", secret)}`,
  `sha256=${hmac("sha512", secret)}`,
  `sha256=${hmac("sha256", "")}`,
  `sha256=${hmac("sha256", `${secret} `)}`,
  `sha256=${hmac("sha256", "development")}`,
  `sha256=${hmac("sha256", secret, encode("Hello, World"))}`,
  `sha256=${hmac("sha256", secret, new Uint8Array())}`,
  `${right},${right}`
]

describe("GitHubSignature", () => {
  it.effect("accepts the example of GitHub's documentation", () => verify(right))

  it.effect("refuses a thousand forged signatures, odd ones included", () =>
    Effect.gen(function*() {
      const forged = [...oneDigitOff, ...odd]
      assert.isAtLeast(forged.length, 980)
      const moreKeys = Array.from({ length: 100 }, (_, key) => `sha256=${hmac("sha256", `key ${key}`)}`)
      yield* Effect.forEach([...forged, ...moreKeys], (signature) =>
        Effect.map(refusal(signature), ({ reason }) =>
          assert.strictEqual(reason, "invalid-signature", signature)), {
        concurrency: 1,
        discard: true
      })
    }))

  it.effect("signs the bytes, so one changed bit of the body is refused", () =>
    Effect.gen(function*() {
      const changed = Uint8Array.from(body)
      changed[0] = (changed[0] ?? 0) ^ 1
      assert.strictEqual((yield* refusal(right, { body: changed })).reason, "invalid-signature")
    }))

  it.effect("signs bytes that are no text", () => {
    const bytes = Uint8Array.from([0xff, 0x00, 0xc3, 0x28])
    return verify(`sha256=${hmac("sha256", secret, bytes)}`, { body: bytes })
  })

  it.effect("still wants a right signature from a hook when unsigned ones are allowed and a secret is set", () =>
    Effect.gen(function*() {
      const options = { secret: Option.some(Redacted.make(secret)), allowUnsigned: true }
      const error = yield* Effect.flip(Effect.fromResult(verifySignature(options, { headers: {}, body })))
      assert.strictEqual(error.reason, "invalid-signature")
    }))

  it.effect("accepts an unsigned delivery only where no secret is set and the configuration allows it", () =>
    Effect.gen(function*() {
      const unsigned = (key: Option.Option<Redacted.Redacted>, allowUnsigned: boolean) =>
        Effect.fromResult(verifySignature({ secret: key, allowUnsigned }, { headers: {}, body }))
      yield* unsigned(Option.none(), true)
      const error = yield* Effect.flip(unsigned(Option.none(), false))
      assert.include(error.message, "GITHUB_WEBHOOK_SECRET")
      yield* Effect.flip(unsigned(Option.some(Redacted.make(secret)), true))
    }))

  it.effect("keeps the secret out of the message about each odd signature", () =>
    Effect.gen(function*() {
      const messages = yield* Effect.forEach(odd, (signature) => Effect.map(refusal(signature), String), {
        concurrency: 1
      })
      assert.isFalse(messages.some((message) => message.includes(secret) || message.includes(right.slice(7))))
    }))
})
