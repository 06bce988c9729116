import { Relation } from "@nominal-code/domain/event/Access"
import type { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { Cache, Effect, Exit, Schema } from "effect"
import type { ForgeError } from "../ForgeError.ts"
import type { GitLabClient } from "./Client.ts"

const Member = Schema.Struct({ access_level: Schema.Int })

/** Number of accounts whose role is remembered, each for so long. */
const remembered = 1_000
const freshFor = "5 minutes"

/** Makes the look-up of an author's role in a project, with the roles in its groups. */
export const makeRelation = Effect.fnUntraced(function*(client: GitLabClient) {
  const cache = yield* Cache.makeWith(
    (key: string): Effect.Effect<number, ForgeError> => {
      const blank = key.indexOf(" ")
      const [id, repo] = [Number(key.slice(0, blank)), key.slice(blank + 1)]
      return client.request({
        operation: `GitLab.relation ${repo}`,
        ask: (gitlab) => gitlab.ProjectMembers.show(repo, id, { includeInherited: true }),
        answer: Member
      }).pipe(
        Effect.map(({ access_level }) => access_level),
        Effect.catchReason("ForgeError", "NotFound", () => Effect.succeed(0))
      )
    },
    { capacity: remembered, timeToLive: (exit) => Exit.isSuccess(exit) ? freshFor : 0 }
  )
  return Effect.fn("GitLab.relation")(({ authorId, pullRequest: { repo } }: PullRequestEvent) =>
    Effect.map(
      authorId === undefined ? Effect.succeed(0) : Cache.get(cache, `${authorId} ${repo}`),
      (level): Relation => Relation.cases.Member.make({ level })
    )
  )
})
