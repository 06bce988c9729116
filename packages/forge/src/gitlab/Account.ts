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

/** Username of the token's account, on a GitLab that is new enough. Both are asked for once a day. */
export const makeAccount = (client: GitLabClient) => {
  const checkVersion = Effect.gen(function*() {
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
  const user = client.request({
    operation: "GitLab.account",
    ask: (gitlab) => gitlab.Users.showCurrentUser(),
    answer: User
  })
  return Effect.cachedWithTTL(
    Effect.map(Effect.all([user, checkVersion], { concurrency: 2 }), ([{ username }]) => username),
    (exit) => exit._tag === "Success" ? "1 day" : 0
  )
}
