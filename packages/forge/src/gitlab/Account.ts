import { Effect, Schema } from "effect"
import { ForgeError, Refused } from "../ForgeError.ts"
import type { GitLabClient } from "./Client.ts"

const User = Schema.Struct({ username: Schema.String })
const Version = Schema.Struct({ version: Schema.String })

/** First version whose API makes and publishes draft notes. */
const [leastMajor, leastMinor] = [15, 11]

const isTooOld = (version: string): boolean => {
  const [major = Number.NaN, minor = Number.NaN] = version.split(".").map((part) => Number.parseInt(part, 10))
  return major < leastMajor || major === leastMajor && minor < leastMinor
}

/** Username of the token's account. It is asked for once a day. */
export const makeAccount = (client: GitLabClient) =>
  Effect.cachedWithTTL(
    Effect.map(
      client.request({
        operation: "GitLab.account",
        ask: (gitlab) => gitlab.Users.showCurrentUser(),
        answer: User
      }),
      ({ username }) => username
    ),
    (exit) => exit._tag === "Success" ? "1 day" : 0
  )

/** Fails if this GitLab is too old to have draft notes, and says so. */
export const checkVersion = Effect.fnUntraced(function*(client: GitLabClient) {
  const operation = "GitLab.version"
  const { version } = yield* client.request({
    operation,
    ask: (gitlab) => gitlab.Metadata.requester.get("version").then(({ body }) => body),
    answer: Version
  })
  if (!isTooOld(version)) return
  const message = `GitLab ${version} has no API for draft notes: update it to ${leastMajor}.${leastMinor} or newer`
  return yield* new ForgeError({ operation, reason: new Refused({ status: 501, message }) })
})
