import { appLogin } from "@nominal-code/domain/event/BotAccount"
import type { RepoName } from "@nominal-code/domain/event/PullRequest"
import { Cache, Duration, Effect, Option, Redacted, Schema } from "effect"
import { ForgeError, Unauthorized } from "../ForgeError.ts"
import { CurrentInstallation } from "../Installation.ts"
import { makeAppClient } from "./AppClient.ts"
import { type GitHubAuth, installationAccount } from "./Auth.ts"
import { makeCoverage } from "./Coverage.ts"
import { type Homes, makeInstallationTokens, Scope } from "./InstallationTokens.ts"
import type { GitHubAppIdentity } from "./Options.ts"

const installationsKept = 1_000
/** Time for which an installation of a repository is known. */
const installationKnownFor = Duration.hours(1)

const Installation = Schema.Struct({ id: Schema.Int })
const App = Schema.Struct({ slug: Schema.String })

/** Number of a repository in the address that GitHub redirects to from its former name. */
const movedTo = (url: string): Option.Option<number> =>
  Option.map(Option.fromNullishOr(/\/repositories\/(\d+)\/installation$/.exec(url)?.[1]), Number)

/**
 * A GitHub App's identity: tokens that are minted for one repository of one installation, with the permissions of a
 * review, and the login under which its posts stand. The private key leaves this process only as signatures.
 */
export const makeGitHubApp = Effect.fnUntraced(function*(apiBase: string, app: GitHubAppIdentity, checks: boolean) {
  const appClient = yield* makeAppClient(apiBase, app)
  const { client, onTime } = appClient

  const findHome = Effect.fnUntraced(function*(repo: RepoName) {
    const [owner = "", name = ""] = repo.split("/")
    const { data, url } = yield* onTime(client.located({
      operation: `GitHub.installation ${repo}`,
      route: "GET /repos/{owner}/{repo}/installation",
      parameters: { owner, repo: name },
      answer: Installation
    }))
    return { installation: data.id, id: movedTo(url) }
  })

  const installationOf = yield* Cache.makeWith(
    (repo: RepoName) => Effect.map(findHome(repo), ({ installation }) => installation),
    {
      capacity: installationsKept,
      timeToLive: (exit) => exit._tag === "Success" ? installationKnownFor : Duration.zero
    }
  )

  const { covers, lose } = yield* makeCoverage((repo) => Cache.get(installationOf, repo))

  const homes: Homes = {
    find: findHome,
    forget: (repo, installation) => Effect.andThen(Cache.invalidate(installationOf, repo), lose(installation, repo))
  }
  const tokens = yield* makeInstallationTokens(appClient, homes, checks)

  const scopeOf = Effect.fnUntraced(function*(repo: RepoName | undefined) {
    if (repo === undefined) {
      return yield* new ForgeError({
        operation: "GitHub.token",
        reason: new Unauthorized({ message: "an installation's token is for one repository, and none was named" })
      })
    }
    const given = Option.orElse(yield* CurrentInstallation, () => app.installationId)
    const installation = Option.isSome(given) ? given.value : yield* Cache.get(installationOf, repo)
    return new Scope({ installation, repo })
  })

  const auth: GitHubAuth = {
    account: installationAccount,
    token: (repo) =>
      scopeOf(repo).pipe(
        Effect.flatMap((scope) => Cache.get(tokens, scope)),
        Effect.map(({ token }) => token)
      ),
    // Another request may have dropped it before, and the one that is there now is newer.
    drop: (repo, refused) =>
      scopeOf(repo).pipe(
        Effect.flatMap((scope) =>
          Cache.invalidateWhen(tokens, scope, ({ token }) => Redacted.value(token) === Redacted.value(refused))
        ),
        Effect.as(true)
      )
  }

  const login = onTime(client.request({
    operation: "GitHub.account",
    route: "GET /app",
    parameters: {},
    answer: App
  })).pipe(Effect.map(({ slug }) => appLogin(slug)))

  return { auth, login, client, covers, onTime }
})

/** A GitHub App's identity: its tokens, its login, and its own calls, which `onTime` signs by GitHub's clock. */
export type GitHubApp = Effect.Success<ReturnType<typeof makeGitHubApp>>
