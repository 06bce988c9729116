/**
 * The way to forges and models that leads through a proxy. Node itself reads `HTTPS_PROXY` only where
 * `NODE_USE_ENV_PROXY` is set, and git reads it always: one of them would reach the forge, and the other would not.
 */
import { readVariable } from "@nominal-code/config/Environment"
import { Effect, Option } from "effect"
import { Agent, globalAgent } from "node:https"

/** The first of these variables that is set, and not empty. */
const firstOf = (...names: ReadonlyArray<string>) =>
  Effect.map(
    Effect.forEach(names, (name) => Effect.orElseSucceed(readVariable(name), () => Option.none<string>())),
    (values) => values.flatMap(Option.toArray).find((value) => value !== "")
  )

/** A proxy's address, which may be written without `http://`, as for git and curl. Of other kinds, such as SOCKS, Node knows none. */
const addressOf = (text: string): string | undefined => {
  const url = URL.parse(text.includes("://") ? text : `http://${text}`)
  return url?.protocol === "http:" || url?.protocol === "https:" ? url.href : undefined
}

/** Agent of the requests over TLS through the proxy of this process, if it has one. Plain HTTP goes to no proxy. */
export const make = Effect.gen(function*() {
  const given = yield* firstOf("https_proxy", "HTTPS_PROXY")
  const proxy = given === undefined ? undefined : addressOf(given)
  if (proxy === undefined) return undefined
  const direct = yield* firstOf("no_proxy", "NO_PROXY")
  return new Agent({ ...globalAgent.options, proxyEnv: { HTTPS_PROXY: proxy, NO_PROXY: direct } })
})
