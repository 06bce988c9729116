import { Login, PullNumber, RepoName } from "@nominal-code/domain/event/PullRequest"
import { Lane, laneKey, Namespace } from "@nominal-code/domain/job/Lane"
import { shardOf } from "@nominal-code/jobs/redis/RedisKeys"

const of = (repo: string, number: number) =>
  new Lane({
    namespace: Namespace.make(""),
    platform: "github",
    repo: RepoName.make(repo),
    number: PullNumber.make(number),
    bot: Login.make("nominal")
  })

/** The lane of a pull request of a repository that is in the shard. */
export const laneIn = (shard: number, shards: number, number = 1): Lane => {
  for (let index = 0;; index++) {
    const lane = of(`acme/api-${index}`, number)
    if (shardOf(laneKey(lane), shards) === shard) return lane
  }
}
