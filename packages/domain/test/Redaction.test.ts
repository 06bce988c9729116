import { assert, it } from "@effect/vitest"
import * as Redaction from "@nominal-code/domain/secret/Redaction"
import { Schema } from "effect"

const blind = Redaction.make([])
const letters = (count: number) => "aB3dE5gH7jK9".repeat(Math.ceil(count / 12)).slice(0, count)

/** Each credential, whole, and what stays of a text that holds it. */
const credentials: ReadonlyArray<readonly [kind: string, secret: string]> = [
  ["Anthropic key", `sk-ant-api03-${letters(40)}_x-${letters(40)}AA`],
  ["OpenAI project key", `sk-proj-${letters(60)}_${letters(20)}-${letters(20)}`],
  ["OpenAI service account key", `sk-svcacct-${letters(40)}`],
  ["OpenAI key", `sk-${letters(48)}`],
  ["DeepSeek key", "sk-0123456789abcdef0123456789abcdef"],
  ["OpenRouter key", `sk-or-v1-${"0123456789abcdef".repeat(4)}`],
  ["GitHub personal token", `ghp_${letters(36)}`],
  ["GitHub OAuth token", `gho_${letters(36)}`],
  ["GitHub user token", `ghu_${letters(36)}`],
  ["GitHub installation token", `ghs_${letters(36)}`],
  ["GitHub long installation token", `ghs_123456_eyJhbGciOiJSUzI1NiJ9.${letters(80)}.${letters(40)}-_${letters(4)}`],
  ["GitHub refresh token", `ghr_${letters(76)}`],
  ["GitHub fine-grained token", `github_pat_${letters(22)}_${letters(59)}`],
  ["GitLab token", `glpat-${letters(20)}`],
  ["GitLab routable token", `glpat-${letters(27)}_-${letters(10)}.01.${letters(9)}`],
  ["GitLab runner token", `glrt-t3_${letters(24)}.01.0w1${letters(6)}`],
  ["GitLab deploy token", `gldt-${letters(20)}`],
  ["GitLab registration token", `GR1348941${letters(20)}`],
  ["Groq key", `gsk_${letters(52)}`],
  ["AWS key id", "AKIAIOSFODNN7EXAMPLE"],
  ["AWS session key id", "ASIAIOSFODNN7EXAMPLE"],
  ["Slack bot token", `xoxb-123456789012-1234567890123-${letters(24)}`],
  ["Slack user token", `xoxp-123456789012-${letters(24)}`],
  ["Slack app token", `xapp-1-A0123-456-${letters(24)}`],
  ["Slack rotating token", `xoxe.xoxp-1-${letters(24)}`],
  ["Google key", `AIza${letters(35)}`],
  ["Google access token", `ya29.${letters(60)}-_${letters(20)}`],
  ["Stripe key", `sk_live_${letters(24)}`],
  ["Stripe restricted key", `rk_test_${letters(24)}`],
  ["npm token", `npm_${letters(36)}`],
  ["PyPI token", `pypi-${letters(60)}`],
  ["Hugging Face token", `hf_${letters(34)}`],
  ["SendGrid key", `SG.${letters(22)}.${letters(43)}`],
  ["JWT", `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.${letters(43)}`],
  ["unsigned JWT", `eyJhbGciOiJub25lIn0.eyJzdWIiOiIxMjM0In0`]
]

it("hides a credential of each listed kind whole, in quotes, a diff, a URL, brackets and Markdown", () => {
  const surroundings = [["", ""], ["x = \"", "\";"], ["\n+12:", "\n"], ["?token=", "&a=b"], ["(", ")."], ["**", "**"]]
  for (const [kind, secret] of credentials) {
    for (const [before = "", after = ""] of surroundings) {
      const hidden = blind(before + secret + after)
      assert.isTrue(hidden.startsWith(before) && hidden.endsWith(after), `${kind}: ${hidden}`)
      assert.match(hidden.slice(before.length, hidden.length - after.length), /^(?:xoxe\.)?\[REDACTED\]$/, kind)
    }
  }
})

it("hides what a request authenticates with, and says that it did", () => {
  assert.strictEqual(blind(`Authorization: Bearer ${letters(20)}`), "Authorization: Bearer [REDACTED]")
  assert.strictEqual(blind(`BEARER ${letters(30)}==`), "BEARER [REDACTED]")
  assert.strictEqual(blind("Authorization: Basic dXNlcjpwYXNz"), "Authorization: Basic [REDACTED]")
  assert.strictEqual(blind("\"authorization\": \"token 0123456789abcdef\""), "\"authorization\": \"token [REDACTED]\"")
  assert.strictEqual(
    blind("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    "aws_secret_access_key = [REDACTED]"
  )
})

it("hides the password of a URL and keeps the rest of it", () => {
  const urls = [
    ["redis://:p4ss@redis:6379/0", "redis://:[REDACTED]@redis:6379/0"],
    ["rediss://default:p4ss@h", "rediss://default:[REDACTED]@h"],
    ["postgres://me:p4ss@db/app", "postgres://me:[REDACTED]@db/app"],
    ["https://x-access-token:anything@github.com/a/b.git", "https://x-access-token:[REDACTED]@github.com/a/b.git"],
    ["smtp://me@example.com:p4ss@mail", "smtp://me@example.com:[REDACTED]@mail"],
    ["amqp://me:p@ss/w0rd@mq", "amqp://me:[REDACTED]@mq"],
    ["a redis://:one@h and redis://:two@h", "a redis://:[REDACTED]@h and redis://:[REDACTED]@h"]
  ] as const
  for (const [url, hidden] of urls) assert.strictEqual(blind(url), hidden)
})

it("leaves alone what is no credential", () => {
  const innocent = [
    "task-force-and-risk-management-framework-overview",
    "sk-fading-circle-of-a-loading-indicator",
    "const AKIA = \"a key id\"",
    "https://github.com/a/b/pull/7#issuecomment-1",
    "ssh://git@github.com/a/b.git",
    "git@github.com:a/b.git",
    "http://localhost:4873/@scope/package",
    "see http://localhost:8080 or mail me@example.com",
    "postgres://${user}:${password}@${host}/db",
    "f\"redis://:{password}@{host}\"",
    "the bearer of this token",
    "Bearer ${token}",
    "npm_config_registry_of_this_very_machine",
    "eyJ is how a JWT starts",
    "0123456789abcdef0123456789abcdef01234567",
    "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A\n-----END PUBLIC KEY-----",
    "ghp_ and glpat- are prefixes"
  ]
  for (const text of innocent) assert.strictEqual(blind(text), text)
})

const keyBody = Array.from({ length: 6 }, () => letters(64)).join("\n")

it("hides private keys as a whole", () => {
  for (const kind of ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "]) {
    const key = `-----BEGIN ${kind}PRIVATE KEY-----\n${keyBody}\nshort==\n-----END ${kind}PRIVATE KEY-----`
    assert.strictEqual(blind(`a\n${key}\nb ${key.replaceAll("\n", "\\n")} c`), "a\n[REDACTED]\nb [REDACTED] c")
  }
  const pgp = `-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: 1\n\n${keyBody}\n-----END PGP PRIVATE KEY BLOCK-----`
  assert.strictEqual(blind(pgp), "[REDACTED]")
})

it("hides the lines of a private key that was cut off, and no prose after it", () => {
  const begin = "-----BEGIN RSA PRIVATE KEY-----"
  assert.strictEqual(blind(`${begin}\n${keyBody}`), "[REDACTED]")
  assert.strictEqual(
    blind(`${begin}\n${keyBody}\n\nThis key is in the code.`),
    "[REDACTED]\n\nThis key is in the code."
  )
  assert.strictEqual(
    blind([begin, ...keyBody.split("\n")].map((line, index) => `+${index + 1}:${line}`).join("\n")),
    "+1:[REDACTED]"
  )
  assert.strictEqual(
    blind(`${begin} opens a key.\n${begin}\n${keyBody}\n-----END RSA PRIVATE KEY-----`),
    "[REDACTED] opens a key.\n[REDACTED]"
  )
})

const secret = "hunter2/p+ss \"wörd\"?&"
const knowing = Redaction.make([secret, "short", "  padded-secret\n"])

it("hides a known secret reversed, in Base64, in hex, in URL encoding and as JSON writes it", () => {
  const bytes = Buffer.from(secret)
  const forms = [
    secret,
    Array.from(secret).reverse().join(""),
    bytes.toString("base64"),
    bytes.toString("base64url"),
    bytes.toString("hex"),
    bytes.toString("hex").toUpperCase(),
    encodeURIComponent(secret),
    encodeURI(secret),
    JSON.stringify(secret).slice(1, -1)
  ]
  for (const form of forms) assert.strictEqual(knowing(`a ${form} b`), "a [REDACTED] b")
  assert.strictEqual(knowing("a padded-secret b"), "a [REDACTED] b")
})

it("hides a known secret in URL encoding, whatever its encoder leaves alone, in whichever case, more than once too", () => {
  const secret = "p@ss;w'o/r*d+(\u00e9)!"
  const hide = Redaction.make([secret])
  const all = Array.from(Buffer.from(secret), (byte) => `%${byte.toString(16).padStart(2, "0")}`).join("")
  const strict = encodeURIComponent(secret).replaceAll(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`
  )
  const url = new URL("redis://h")
  url.password = secret
  const forms = [
    all,
    strict,
    strict.toLowerCase(),
    strict.replaceAll("%2F", "/"),
    url.password,
    encodeURIComponent(strict),
    encodeURIComponent(Buffer.from(secret).toString("base64"))
  ]
  for (const form of forms) {
    assert.strictEqual(hide(`{"a":"%22 ${form}","b":"100%"}`), "{\"a\":\"%22 [REDACTED]\",\"b\":\"100%\"}")
  }
})

it("hides a known secret inside a longer encoded text, wherever it starts", () => {
  for (const before of ["", "x", "xy", "xyz", "TOKEN="]) {
    for (const encoding of ["base64", "base64url", "hex"] as const) {
      const hidden = knowing(Buffer.from(`${before}${secret} and more`).toString(encoding))
      assert.include(hidden, "[REDACTED]")
      const rest = hidden.split("[REDACTED]").map((part) => Buffer.from(part, encoding).toString()).join("")
      assert.notInclude(rest, "unter2")
    }
  }
})

it("hides a known key with several lines line by line", () => {
  const key = `-----BEGIN RSA PRIVATE KEY-----\n${
    Array.from({ length: 4 }, (_, line) => `${line}${letters(60)}`).join("\n")
  }\n-----END RSA PRIVATE KEY-----`
  const hide = Redaction.make([key])
  assert.strictEqual(hide(`the second line is ${key.split("\n")[2]}.`), "the second line is [REDACTED].")
  assert.strictEqual(hide(JSON.stringify({ key })), "{\"key\":\"[REDACTED]\"}")
})

it("leaves no rest of two secrets that overlap, and none of one within the other", () => {
  const hide = Redaction.make(["abcdefghij", "ghijklmnop", "abcdefghijklm"])
  assert.strictEqual(hide("_abcdefghijklmnop_"), "_[REDACTED]_")
})

it("does not look for a short value, nor for what the placeholder holds", () => {
  assert.strictEqual(knowing("a short one"), "a short one")
  assert.strictEqual(Redaction.make(["REDACTED", "[REDACTED]"])("REDACTED"), "REDACTED")
  assert.strictEqual(Redaction.make(["", "        "])("        "), "        ")
})

const pieces = Schema.Array(Schema.Union([
  Schema.Literals(credentials.map(([, secret]) => secret)),
  Schema.Literals([
    secret,
    "Bearer ",
    "redis://:",
    "@",
    "://",
    ":",
    " ",
    "\n",
    "x",
    "-",
    "_",
    ".",
    "AKIA",
    "[REDACTED]",
    "sk-"
  ]),
  Schema.Literals(["-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "\n+1:", letters(32)]),
  Schema.String
]))

it.prop("changes nothing the second time", [pieces], ([parts]) => {
  const once = knowing(parts.join(""))
  assert.strictEqual(knowing(once), once)
}, { arbitrary: { runs: 500 } })

it.prop(
  "lets no known secret through",
  [Schema.Array(Schema.Union([Schema.Literal(secret), Schema.String]))],
  ([parts]) => {
    assert.notInclude(knowing(parts.join("")), secret)
  }
)

it("takes linear time on texts that are made to cost more", () => {
  const hostile = [
    "a",
    "-",
    "sk-",
    "eyJ",
    "eyJaaaaaaaaaa.",
    "://",
    "://:",
    "://a:b",
    ":",
    "@",
    "bearer ",
    "Authorization: ",
    "xoxb-",
    "gl",
    "\\",
    "ghp_",
    "glpat-aaaaaaaaaaaaaaaa.",
    "aws_secret_access_key",
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN ",
    "\n+1:",
    "SG.aaaaaaaaaaaaaaaa"
  ]
  for (const part of hostile) knowing(part.repeat(200_000 / part.length))
  knowing(`-----BEGIN PRIVATE KEY-----${"\n1:".repeat(100_000)}`)
}, 20_000)
