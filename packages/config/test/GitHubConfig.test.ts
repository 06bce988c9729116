import { assert, it } from "@effect/vitest"
import { cloneBaseOf } from "@nominal-code/config/GitHubConfig"
import { Effect, Option, Redacted } from "effect"
import { createPrivateKey, generateKeyPairSync } from "node:crypto"
import { complete, configured, problems } from "./Fixture.ts"

const { GITHUB_WEBHOOK_SECRET: _, ...unsigned } = complete

it.effect("serve refuses a missing, an empty and a blank webhook secret, from wherever it comes", () =>
  Effect.gen(function*() {
    const cases = [
      { env: unsigned },
      { env: { ...unsigned, GITHUB_WEBHOOK_SECRET: "" } },
      { env: unsigned, yaml: "github: { webhook_secret: \"\" }" },
      { env: unsigned, yaml: "github: { webhook_secret: }" }
    ]
    for (const given of cases) {
      const [problem = "", ...others] = yield* problems(given)
      assert.match(problem, /^github\.webhook_secret: GITHUB_WEBHOOK_SECRET must be set/)
      assert.deepStrictEqual(others, [])
    }
  }))

it.effect("a webhook secret has at least 16 bytes, and padding does not count", () =>
  Effect.gen(function*() {
    const secret = (GITHUB_WEBHOOK_SECRET: string) => problems({ env: { ...unsigned, GITHUB_WEBHOOK_SECRET } })
    for (const short of ["development", "x".repeat(15), " ".repeat(16), `${"x".repeat(15)}\n`]) {
      const [problem = ""] = yield* secret(short)
      assert.match(problem, /must have at least 16 bytes/)
      assert.notInclude(problem, short)
    }
    assert.deepStrictEqual(yield* secret("x".repeat(16)), [])
    // Eight characters, sixteen bytes.
    assert.deepStrictEqual(yield* secret("éééééééé"), [])
  }))

it.effect("a short secret is an error even where unsigned webhooks are allowed", () =>
  Effect.gen(function*() {
    const env = {
      ...unsigned,
      GITHUB_WEBHOOK_SECRET: "short",
      WEBHOOK_HOST: "127.0.0.1",
      WEBHOOK_ALLOW_UNSIGNED: "true"
    }
    assert.match((yield* problems({ env }))[0] ?? "", /at least 16 bytes/)
  }))

it.effect("the secret is kept as it was given, with a warning where it ends in a line break", () =>
  Effect.gen(function*() {
    const value = "0123456789abcdef\n"
    const { github, warnings } = yield* configured({ env: { ...unsigned, GITHUB_WEBHOOK_SECRET: value } })
    const secret = Option.flatMap(github, ({ webhookSecret }) => webhookSecret)
    assert.deepStrictEqual(Option.map(secret, Redacted.value), Option.some(value))
    assert.match(warnings[0] ?? "", /begins or ends with a space or a line break/)
  }))

it.effect("unsigned webhooks are accepted on loopback only, and warn", () =>
  Effect.gen(function*() {
    const allowed = (host: string) => ({ env: unsigned, yaml: `webhook: { allow_unsigned: true, host: "${host}" }` })
    for (const host of ["127.0.0.1", "127.3.2.1", "::1", "localhost"]) {
      const { github, warnings, webhook } = yield* configured(allowed(host))
      assert.isTrue(webhook.allowUnsigned)
      assert.isTrue(Option.exists(github, ({ webhookSecret }) => Option.isNone(webhookSecret)))
      assert.match(warnings[0] ?? "", /^webhook\.allow_unsigned \(WEBHOOK_ALLOW_UNSIGNED\): webhooks need no signature/)
    }
    for (const host of ["0.0.0.0", "::", "10.0.0.7", "localhost.example.com"]) {
      const [problem = "", ...others] = yield* problems(allowed(host))
      assert.match(
        problem,
        /^webhook\.allow_unsigned \(WEBHOOK_ALLOW_UNSIGNED\): unsigned webhooks are for this machine only/
      )
      assert.deepStrictEqual(others, [])
    }
    assert.match(
      (yield* problems({ env: { ...unsigned, WEBHOOK_ALLOW_UNSIGNED: "1" } }))[0] ?? "",
      /host is 0\.0\.0\.0/
    )
  }))

it.effect("missing credentials are named, with both ways to have some", () =>
  Effect.gen(function*() {
    const { GITHUB_TOKEN: _, ...anonymous } = complete
    assert.match(
      (yield* problems({ env: anonymous }))[0] ?? "",
      /^github\.token: GITHUB_TOKEN must be set/
    )
  }))

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
const pem = (type: "pkcs1" | "pkcs8") => privateKey.export({ type, format: "pem" }).toString()

it.effect("an App's key is a PEM of either form, with real or written line breaks, and stands beside a token", () =>
  Effect.gen(function*() {
    const forms = [
      pem("pkcs1"),
      pem("pkcs8"),
      pem("pkcs1").replaceAll("\n", "\\n"),
      `${pem("pkcs8")}\r\n`,
      pem("pkcs8").replaceAll("\n", "\r\n")
    ]
    for (const key of forms) {
      const { github, secrets, warnings } = yield* configured({
        env: { ...complete, GITHUB_APP_ID: "12345", GITHUB_APP_PRIVATE_KEY: key, GITHUB_INSTALLATION_ID: "67890" }
      })
      const credentials = Option.getOrThrow(github).credentials
      assert.strictEqual(credentials._tag, "App")
      if (credentials._tag !== "App") return
      assert.strictEqual(credentials.appId, "12345")
      assert.deepStrictEqual(credentials.installationId, Option.some(67890))
      assert.strictEqual(createPrivateKey(Redacted.value(credentials.privateKey)).asymmetricKeyType, "rsa")
      assert.notInclude(Redacted.value(credentials.privateKey), "\r")
      assert.include(secrets.map(Redacted.value), Redacted.value(credentials.privateKey))
      assert.strictEqual(credentials.token && Redacted.value(credentials.token), complete.GITHUB_TOKEN)
      assert.deepStrictEqual(warnings, [])
    }
  }))

it.effect("an App without a key, with another text or with a file that is not there is refused, and no key is shown", () =>
  Effect.gen(function*() {
    const { GITHUB_TOKEN: _, ...anonymous } = complete
    const app = (env: Record<string, string>) => problems({ env: { ...anonymous, GITHUB_APP_ID: "1", ...env } })
    assert.match((yield* app({}))[0] ?? "", /^github\.private_key: .* must be set beside GITHUB_APP_ID/)
    const elliptic = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey
    const ofAnotherKind = elliptic.export({ type: "pkcs8", format: "pem" }).toString()
    for (const key of ["-----BEGIN s3cret", pem("pkcs1").slice(0, 200), "s3cret", ofAnotherKind]) {
      const found = yield* app({ GITHUB_APP_PRIVATE_KEY: key })
      assert.match(found[0] ?? "", /is not a private RSA key/)
      assert.strictEqual(found.length, 1)
      assert.notInclude(found.join(), "s3cret")
    }
    assert.match(
      (yield* app({ GITHUB_APP_PRIVATE_KEY_PATH: "/no/such.pem" }))[0] ?? "",
      /"\/no\/such\.pem" does not exist/
    )
  }))

it.effect("a token with a line break at its end is the token, one with anything else in it is none", () =>
  Effect.gen(function*() {
    const { github } = yield* configured({ env: { ...complete, GITHUB_TOKEN: "ghp_x\n" } })
    assert.deepStrictEqual(
      Option.map(github, ({ credentials }) => credentials._tag === "Token" ? Redacted.value(credentials.token) : ""),
      Option.some("ghp_x")
    )
    const [problem = ""] = yield* problems({ env: { ...complete, GITHUB_TOKEN: "ghp_s3cret\nX-Header: a" } })
    assert.match(problem, /the value in the environment is not a token/)
    assert.notInclude(problem, "s3cret")
  }))

it("repositories are cloned from the host that the API belongs to", () => {
  const cases = [
    ["https://api.github.com", "https://github.com"],
    ["https://ghe.example/api/v3", "https://ghe.example"],
    ["https://ghe.example:8443/prefix/api/v3", "https://ghe.example:8443/prefix"],
    ["https://api.acme.ghe.com", "https://acme.ghe.com"],
    ["http://127.0.0.1:1234", "http://127.0.0.1:1234"]
  ] as const
  for (const [apiBase, cloneBase] of cases) assert.strictEqual(cloneBaseOf(apiBase), cloneBase)
})

it.effect("the API's address is https, or this machine, and its password never shows", () =>
  Effect.gen(function*() {
    const base = (GITHUB_API_BASE: string) => problems({ env: { ...complete, GITHUB_API_BASE } })
    assert.match((yield* base("http://ghe.example/api/v3"))[0] ?? "", /^github\.api_base .* is not an https URL/)
    const [problem = ""] = yield* base("https://bot:hunter2@ghe.example/api/v3")
    assert.include(problem, "\"https://***@ghe.example/api/v3\"")
    for (const url of ["https://bot:hun/ter2@ghe.example", "https://ghe.example?t=hunter2", "ghe://a/#hunter2"]) {
      const [problem = "hunter2"] = yield* base(url)
      assert.notMatch(problem, /ter2/)
    }
    const { github } = yield* configured({ env: { ...complete, GITHUB_API_BASE: "http://127.0.0.1:4711/" } })
    assert.deepStrictEqual(Option.map(github, ({ apiBase }) => apiBase), Option.some("http://127.0.0.1:4711"))
  }))

it.effect("an App without an installation id, or with 0, asks GitHub for the repository's installation", () =>
  Effect.gen(function*() {
    const app = { ...complete, GITHUB_APP_ID: "1", GITHUB_APP_PRIVATE_KEY: pem("pkcs8") }
    for (const env of [app, { ...app, GITHUB_INSTALLATION_ID: "0" }]) {
      const { credentials } = Option.getOrThrow((yield* configured({ env })).github)
      assert.deepStrictEqual(credentials._tag === "App" && credentials.installationId, Option.none())
    }
  }))
