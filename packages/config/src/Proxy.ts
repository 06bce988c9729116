/** The proxy of this process, as its environment names it. */
import { Context, Effect, Option } from "effect"
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

/** Version of the Node that the process runs on. Without it no warning is about Node. */
export const NodeVersion = Context.Reference<Option.Option<string>>("@nominal-code/config/NodeVersion", {
  defaultValue: Option.none
})

/** True for a version of Node whose requests can go through a proxy. An older one takes none, and says nothing. */
const knowsProxies = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split(".").map(Number)
  return major === 22 ? minor >= 21 : major > 24 || (major === 24 && minor >= 5)
}

/** A line for a proxy that no request of ours can go through. It shows nothing of the value, which may hold a password. */
export const proxyWarnings = Effect.gen(function*() {
  const version = yield* NodeVersion
  return Option.toArray(yield* given).flatMap(({ name, value }) => {
    if (Option.isNone(addressOf(value))) {
      return [
        `${name} is not used, because it is no address of an HTTP proxy: write http://HOST:PORT or https://HOST:PORT; ` +
        "git alone goes through a SOCKS proxy"
      ]
    }
    return Option.toArray(version).filter((version) => !knowsProxies(version)).map((version) =>
      `${name} is not used, because Node ${version} knows no proxy, and git alone goes through it: use Node 22.21, ` +
      "24.5 or newer"
    )
  })
})
