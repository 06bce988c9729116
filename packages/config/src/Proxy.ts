/** The proxy of this process, as its environment names it. */
import { Effect, Option } from "effect"
import { readVariable } from "./Environment.ts"

/** The first of these variables that is set, and not empty. */
const firstOf = (...names: ReadonlyArray<string>) =>
  Effect.map(
    Effect.forEach(names, (name) =>
      Effect.map(
        Effect.orElseSucceed(readVariable(name), () => Option.none<string>()),
        Option.map((value) => ({ name, value }))
      )),
    (given) => Option.fromUndefinedOr(given.flatMap(Option.toArray).find(({ value }) => value !== ""))
  )

const isDecodable = Option.liftThrowable(decodeURIComponent)

/**
 * A proxy's address, which may be written without `http://`, and with a `%` in its login that is one, as for git and curl.
 * Of other kinds, such as SOCKS, Node knows none.
 */
const addressOf = (text: string): Option.Option<string> => {
  const plain = text.replaceAll(/%(?![\da-f]{2})/gi, "%25")
  const url = URL.parse(plain.includes("://") ? plain : `http://${plain}`)
  const isOne = (url?.protocol === "http:" || url?.protocol === "https:") &&
    // Node decodes them, and would end the process.
    Option.isSome(isDecodable(url.username + url.password))
  return isOne ? Option.some(url.href) : Option.none()
}

const given = firstOf("https_proxy", "HTTPS_PROXY")

/** Address of the proxy for requests over TLS, and the hosts that need none. */
export const proxy = Effect.gen(function*() {
  const address = Option.flatMap(yield* given, ({ value }) => addressOf(value))
  const direct = yield* firstOf("no_proxy", "NO_PROXY")
  return Option.map(address, (address) => ({
    address,
    direct: Option.map(direct, ({ value }) => value)
  }))
})

/** A line for a proxy that no request of ours can go through. It shows nothing of the value, which may hold a password. */
export const proxyWarnings = Effect.map(
  given,
  (given) =>
    Option.toArray(given).flatMap(({ name, value }) =>
      Option.isSome(addressOf(value))
        ? []
        : [
          `${name} is not used, because it is no address of an HTTP proxy: write http://HOST:PORT or https://HOST:PORT; ` +
          "git alone goes through a SOCKS proxy"
        ]
    )
)
