import { Clock, DateTime, Duration, Effect, Option, Redacted, Ref } from "effect"
import { Exchange } from "../Exchange.ts"
import { ForgeError, Unauthorized, Unavailable } from "../ForgeError.ts"
import { fixed } from "./Auth.ts"
import { makeGitHubClient } from "./Client.ts"
import type { GitHubAppIdentity } from "./Options.ts"

/** Clock skew that a JWT allows for. */
const skewTolerated = Duration.seconds(20)

/** JSON Web Tokens of the App itself, by GitHub's clock. */
const makeJwt = (apiBase: string, { appId, privateKey }: GitHubAppIdentity, skew: Ref.Ref<number>) => {
  const sign = Effect.fnUntraced(function*(timeDifference: number) {
    const { createAppAuth } = yield* Effect.promise(() => import("@octokit/auth-app"))
    const auth = createAppAuth({ appId, privateKey: Redacted.value(privateKey), timeDifference })
    const { token } = yield* Effect.promise(() => auth({ type: "app" }))
    return Redacted.make(token)
  })

  /** Measures the seconds by which GitHub's clock is ahead of ours. */
  const measureSkew = Effect.gen(function*() {
    const send = yield* Exchange
    const answer = yield* Effect.tryPromise({
      try: (signal) => send(apiBase, { method: "HEAD", signal }),
      catch: (cause) => new Unavailable({ message: `no answer: ${String(cause)}` })
    }).pipe(Effect.timeout("30 seconds"))
    const now = yield* Clock.currentTimeMillis
    const theirs = DateTime.make(answer.headers.get("date") ?? "")
    return Option.match(theirs, {
      onNone: () => 0,
      onSome: (time) => Math.round((DateTime.toEpochMillis(time) - now) / 1000)
    })
  })

  return { auth: () => Effect.flatMap(Ref.get(skew), sign), measureSkew }
}

/** Names the credentials that GitHub refuses: there may be a token, too. */
const asApp = ({ operation, reason }: ForgeError): ForgeError => {
  if (reason._tag !== "Unauthorized") return new ForgeError({ operation, reason })
  const message =
    `GitHub does not accept the App's credentials, its id and key may not belong together: ${reason.message}`
  return new ForgeError({ operation, reason: new Unauthorized({ message }) })
}

/**
 * Makes the calls of the App itself: `onTime` signs them by GitHub's clock, which is `skew` seconds ahead of ours as far
 * as is known.
 */
export const makeAppClient = Effect.fnUntraced(function*(apiBase: string, app: GitHubAppIdentity) {
  const skew = yield* Ref.make(0)
  const jwt = makeJwt(apiBase, app, skew)
  const client = yield* makeGitHubClient(apiBase, { ...fixed(jwt.auth), account: () => "github:app" })

  /** Repeats a call whose JWT GitHub refuses, signed by GitHub's clock: the refusal may come from clock skew. */
  const onTime = <A>(call: Effect.Effect<A, ForgeError>): Effect.Effect<A, ForgeError> =>
    Effect.catchIf(call, ({ reason }) => reason._tag === "Unauthorized", (error) =>
      Effect.gen(function*() {
        const seconds = yield* Effect.orElseSucceed(jwt.measureSkew, () => 0)
        if (Math.abs(seconds) < Duration.toSeconds(skewTolerated) || seconds === (yield* Ref.get(skew))) {
          return yield* error
        }
        yield* Effect.logWarning(`this machine's clock is ${-seconds} seconds ahead of GitHub's: correct it`)
        yield* Ref.set(skew, seconds)
        return yield* call
      })).pipe(Effect.mapError(asApp))

  return { client, onTime, skew: Ref.get(skew) }
})

/** The calls of the App itself. */
export type AppClient = Effect.Success<ReturnType<typeof makeAppClient>>
