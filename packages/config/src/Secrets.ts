import { parseRedisUrl, writtenPassword } from "@nominal-code/domain/RedisUrl"
import { Effect, Option, Redacted } from "effect"
import type { GitHubSettings } from "./AppConfig.ts"
import type { ConfigError } from "./ConfigError.ts"
import { readVariable } from "./Environment.ts"

/** Variables that name a proxy, perhaps with a password. */
export const proxyVariables = ["HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"] as const

const decode = Option.liftThrowable(decodeURIComponent)

/** Password of a URL, as written and decoded. A Redis URL may name several hosts. */
const passwordOf = (text: string): ReadonlyArray<string> =>
  Option.toArray(writtenPassword(text)).flatMap((password) => [password, ...Option.toArray(decode(password))])

/** True for a Redis URL without a password: an address, which the log has to be able to name. */
const isAddress = (text: string): boolean => Option.exists(parseRedisUrl(text), ({ password }) => password === "")

/** All texts that may not leave the process: the values of secret settings, and the passwords in URLs. */
export const knownSecrets = Effect.fnUntraced(function*(
  given: ReadonlyArray<string>,
  github: Option.Option<GitHubSettings>
): Effect.fn.Return<ReadonlyArray<Redacted.Redacted>, ConfigError> {
  // A private key may come from a file, and is put in order.
  const keys = Option.match(github, {
    onNone: () => [],
    onSome: ({ credentials }) => credentials._tag === "App" ? [Redacted.value(credentials.privateKey)] : []
  })
  const values = [...given, ...keys]
  const proxies = yield* Effect.forEach(proxyVariables, readVariable, { concurrency: 1 })
  const passwords = [...values, ...proxies.flatMap((proxy) => Option.toArray(proxy))].flatMap(passwordOf)
  return [...new Set([...values.filter((text) => !isAddress(text)), ...passwords])].map((text) => Redacted.make(text))
})
