import type { RepoName } from "@nominal-code/domain/event/PullRequest"
import { Cache, Data, Duration, Effect, Option } from "effect"
import type { ForgeError } from "../ForgeError.ts"
import { CurrentInstallation } from "../Installation.ts"

const repositoriesKept = 1_000

/** Time for which it is known that a repository has an installation, or none, or that GitHub did not say. */
const [presenceKnownFor, absenceKnownFor, refusalKnownFor] = [
  Duration.hours(1),
  Duration.minutes(5),
  Duration.minutes(1)
]

/** Repository within an installation that had it. */
class Place extends Data.Class<{ readonly installation: number; readonly repo: RepoName }> {}

/**
 * Makes the knowledge of where an App is installed, for the choice between it and a token beside it. `find` looks up a
 * repository's installation, and fails as not found where there is none.
 */
export const makeCoverage = Effect.fnUntraced(function*(find: (repo: RepoName) => Effect.Effect<number, ForgeError>) {
  /** Last answers of GitHub, which count while it does not accept the App's key. Without one, the token reviews. */
  const last = yield* Cache.make<RepoName, boolean>({
    capacity: repositoriesKept,
    lookup: () => Effect.succeed(false)
  })

  const known = yield* Cache.makeWith(
    (repo: RepoName) =>
      find(repo).pipe(
        Effect.as({ covered: true, knownFor: presenceKnownFor }),
        Effect.catchReason(
          "ForgeError",
          "NotFound",
          () => Effect.succeed({ covered: false, knownFor: absenceKnownFor })
        ),
        Effect.tap(({ covered }) => Cache.set(last, repo, covered)),
        Effect.catchReason("ForgeError", "Unauthorized", ({ message }) =>
          Effect.gen(function*() {
            const covered = yield* Cache.get(last, repo)
            yield* Effect.logWarning(`${repo} is reviewed ${covered ? "as the App" : "with the token"}: ${message}`)
            return { covered, knownFor: refusalKnownFor }
          }))
      ),
    {
      capacity: repositoriesKept,
      timeToLive: (exit) => exit._tag === "Success" ? exit.value.knownFor : Duration.zero
    }
  )

  /** Places that an installation has lost, though a delivery has named it. */
  const lost = yield* Cache.make<Place, true>({
    capacity: repositoriesKept,
    timeToLive: absenceKnownFor,
    lookup: () => Effect.succeed(true)
  })

  return {
    /** True if the App reviews a repository: its delivery names an installation, or GitHub knows one that has it. */
    covers: Effect.fnUntraced(function*(repo: RepoName) {
      const installation = yield* CurrentInstallation
      const isNamed = Option.isSome(installation) &&
        !(yield* Cache.has(lost, new Place({ installation: installation.value, repo })))
      return isNamed || (yield* Cache.get(known, repo)).covered
    }),
    /** Notes that a repository was taken out of an installation, or the installation removed. */
    lose: (installation: number, repo: RepoName) =>
      Effect.andThen(
        Cache.get(lost, new Place({ installation, repo })),
        Cache.set(known, repo, { covered: false, knownFor: absenceKnownFor })
      )
  }
})
