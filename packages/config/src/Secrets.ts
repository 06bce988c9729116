import { parseRedisUrl, writtenPassword } from "@nominal-code/domain/settings/RedisUrl"
import { ConfigProvider, Effect, Option, Redacted } from "effect"
import type { GitHubSettings } from "./AppConfig.ts"
import type { ConfigError } from "./ConfigError.ts"
import { readVariable } from "./Environment.ts"
import { variableNames } from "./VariableNames.ts"

/** Variables that name a proxy, perhaps with a password. */
export const proxyVariables = ["HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"] as const

/** Names of variables that hold a secret, of whatever program they are a setting. */
const secretName =
  /(?:TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|_PASS|(?:API|ACCESS|PRIVATE|SECRET|SIGNING|ENCRYPTION|MASTER)_?KEY|CREDENTIALS?|_PAT|_PWD|_AUTH|_DSN|WEBHOOK_URL|OTLP_HEADERS)$/i

/** The variables of this process, whatever program they are for. */
const variables = Effect.gen(function*() {
  const provider = yield* ConfigProvider.ConfigProvider
  const names = yield* Effect.orElseSucceed(variableNames(provider), () => [])
  return yield* Effect.forEach(names, (name) =>
    Effect.map(
      readVariable(name),
      Option.match({
        onNone: () => [],
        onSome: (value) => [{ isSecret: secretName.test(name), value }]
      })
    ), { concurrency: 1 })
}).pipe(Effect.map((found) => found.flat()))

const decode = Option.liftThrowable(decodeURIComponent)

/** Password of a URL, as written and decoded. A Redis URL may name several hosts. */
const passwordOf = (text: string): ReadonlyArray<string> =>
  Option.toArray(writtenPassword(text)).flatMap((password) => [password, ...Option.toArray(decode(password))])

/** User of a Redis URL that has a password. */
const userOf = (text: string): ReadonlyArray<string> =>
  Option.toArray(parseRedisUrl(text)).flatMap(({ password, username }) => password === "" ? [] : [username])

const pairs = /^[\w-]+=[^,]+(?:,\s*[\w-]+=[^,]+)*$/

/** Values of headers that are written `name=value,name=value`, as written and decoded, and without `Bearer`. */
const headerValues = (text: string): ReadonlyArray<string> =>
  pairs.test(text)
    ? text.split(",").map((pair) => pair.slice(pair.indexOf("=") + 1).trim())
      .flatMap((value) => [value, ...Option.toArray(decode(value))])
      .flatMap((value) => [value, ...value.split(" ").slice(1)])
    : []

/** True for a Redis URL without a password: an address, which the log has to be able to name. */
const isAddress = (text: string): boolean => Option.exists(parseRedisUrl(text), ({ password }) => password === "")

/**
 * All texts that may not leave the process: the values of secret settings, what other programs' variables hold that are
 * secrets by their names, and the logins in the URLs of all of them.
 */
export const knownSecrets = Effect.fnUntraced(function*(
  given: ReadonlyArray<string>,
  github: Option.Option<GitHubSettings>
): Effect.fn.Return<ReadonlyArray<Redacted.Redacted>, ConfigError> {
  // A private key may come from a file, and is put in order.
  const keys = Option.match(github, {
    onNone: () => [],
    onSome: ({ credentials }) => credentials._tag === "App" ? [Redacted.value(credentials.privateKey)] : []
  })
  const all = yield* variables
  const values = [...given, ...keys, ...all.flatMap(({ isSecret, value }) => isSecret ? [value] : [])]
  // Any of them may be an address with a login: of a proxy, a database, a queue.
  const passwords = [...values, ...all.map(({ value }) => value)].flatMap(passwordOf)
  const known = new Set([
    ...values.filter((text) => !isAddress(text)),
    ...passwords,
    ...values.flatMap(userOf),
    ...values.flatMap(headerValues)
  ])
  return [...known].filter((text) => text !== "").map((text) => Redacted.make(text))
})
