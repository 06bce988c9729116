import type { RepoName } from "@nominal-code/domain/PullRequest"
import { Cache, Effect, Exit, Schema } from "effect"
import type { ForgeError } from "../ForgeError.ts"
import type { GitLabClient } from "./Client.ts"

const Member = Schema.Struct({ access_level: Schema.Int })

/** Number of accounts whose role is remembered, each for so long. */
const remembered = 1_000
const freshFor = "5 minutes"

/** Looks up the role of an account in a project, with those of its groups: its number; 0 for one that is no member. */
export const makeAccessLevel = Effect.fnUntraced(function*(client: GitLabClient) {
  const cache = yield* Cache.makeWith(
    (key: string): Effect.Effect<number, ForgeError> => {
      const blank = key.indexOf(" ")
      const [id, repo] = [Number(key.slice(0, blank)), key.slice(blank + 1)]
      return client.request({
        operation: `GitLab.accessLevel ${repo}`,
        ask: (gitlab) => gitlab.ProjectMembers.show(repo, id, { includeInherited: true }),
        answer: Member
      }).pipe(
        Effect.map(({ access_level }) => access_level),
        Effect.catchReason("ForgeError", "NotFound", () => Effect.succeed(0))
      )
    },
    { capacity: remembered, timeToLive: (exit) => Exit.isSuccess(exit) ? freshFor : 0 }
  )
  return (repo: RepoName, accountId: number) => Cache.get(cache, `${accountId} ${repo}`)
})
