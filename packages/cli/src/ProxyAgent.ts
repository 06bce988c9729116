/**
 * The way to forges and models that leads through a proxy. Node itself reads `HTTPS_PROXY` only where
 * `NODE_USE_ENV_PROXY` is set, and git reads it always: one of them would reach the forge, and the other would not.
 */
import { proxy } from "@nominal-code/config/Proxy"
import { Effect, Option } from "effect"
import { Agent, globalAgent } from "node:https"

/** Agent of the requests over TLS through the proxy of this process, if it has one. Plain HTTP goes to no proxy. */
export const make = Effect.map(
  proxy,
  (found) =>
    Option.getOrUndefined(Option.map(found, ({ address, direct }) =>
      new Agent({
        ...globalAgent.options,
        proxyEnv: { HTTPS_PROXY: address, NO_PROXY: Option.getOrUndefined(direct) }
      })))
)
