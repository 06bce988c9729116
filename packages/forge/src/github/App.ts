import { KnownSecrets } from "@nominal-code/domain/KnownSecrets"
import type { RepoName } from "@nominal-code/domain/PullRequest"
import { Cache, Clock, Data, DateTime, Duration, Effect, Option, Redacted, Ref, Schema } from "effect"
import { Forbidden, ForgeError, NotFound, Unauthorized, Unavailable } from "../ForgeError.ts"
import { CurrentInstallation } from "../Installation.ts"
import { fixed, type GitHubAuth, installationAccount } from "./Auth.ts"
import { makeGitHubClient } from "./Client.ts"
import { appPermissions, permissionsWithoutChecks } from "./Needs.ts"
import type { GitHubAppIdentity } from "./Options.ts"

/** Time before a token's expiry at which it is renewed, so that none expires during a request or a fetch. */
const renewBefore = Duration.minutes(10)

/** Clock skew that a JWT allows for. */
const skewTolerated = Duration.seconds(20)

const installationsKept = 1_000
const tokensKept = 10_000

const Token = Schema.Struct({ token: Schema.RedactedFromValue(Schema.String), expires_at: Schema.String })
const Installation = Schema.Struct({ id: Schema.Int })
const App = Schema.Struct({ slug: Schema.String })

/** True for GitHub's answer to a token for more permissions, or for other repositories, than the installation has. */
const isTooMuch = ({ reason }: ForgeError) => reason._tag === "Refused" && reason.status === 422

/** Scope of a token: one repository within one installation. */
class Scope extends Data.Class<{ readonly installation: number; readonly repo: RepoName }> {}

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
    const answer = yield* Effect.tryPromise({
      try: (signal) => fetch(apiBase, { method: "HEAD", redirect: "manual", signal }),
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

const explain = (error: ForgeError, installation: number, repo: RepoName): ForgeError => {
  const { operation, reason } = error
  if (reason._tag === "NotFound") {
    return new ForgeError({
      operation,
      reason: new NotFound({
        message:
          `the GitHub App has no installation ${installation}: it was removed, or GITHUB_INSTALLATION_ID is wrong`
      })
    })
  }
  if (reason._tag === "Unauthorized") {
    return new ForgeError({
      operation,
      reason: new Unauthorized({
        message:
          `GitHub does not accept the App's credentials, its id and key may not belong together: ${reason.message}`
      })
    })
  }
  if (reason._tag === "Forbidden") {
    return new ForgeError({
      operation,
      reason: new Forbidden({
        message:
          `GitHub gives the App no token for installation ${installation}, it may be suspended: ${reason.message}`
      })
    })
  }
  if (isTooMuch(error)) {
    return new ForgeError({
      operation,
      reason: new Forbidden({
        message: `installation ${installation} of the GitHub App does not include ${repo}, or lacks a permission ` +
          `(contents: read, issues: write, pull requests: write): ${reason.message}`
      })
    })
  }
  return error
}

/**
 * A GitHub App's identity: tokens that are minted for one repository of one installation, with the permissions of a
 * review, and the login under which its posts stand. The private key leaves this process only as signatures.
 */
export const makeGitHubApp = Effect.fnUntraced(function*(apiBase: string, app: GitHubAppIdentity, checks: boolean) {
  const secrets = yield* KnownSecrets
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
      }))

  const findInstallation = Effect.fnUntraced(function*(repo: RepoName) {
    const [owner = "", name = ""] = repo.split("/")
    const found = yield* onTime(client.request({
      operation: `GitHub.installation ${repo}`,
      route: "GET /repos/{owner}/{repo}/installation",
      parameters: { owner, repo: name },
      answer: Installation
    }))
    return found.id
  })

  const installationOf = yield* Cache.makeWith(findInstallation, {
    capacity: installationsKept,
    timeToLive: (exit) => exit._tag === "Success" ? Duration.hours(1) : Duration.zero
  })

  /** Installations that do not grant `checks: write`, so that no second token is asked for. */
  const withoutChecks = new Set<number>()

  const tokenFor = ({ installation, repo }: Scope, permissions: Readonly<Record<string, string>>) =>
    onTime(client.request({
      operation: `GitHub.token ${repo}`,
      route: "POST /app/installations/{installation_id}/access_tokens",
      parameters: { installation_id: installation, repositories: [repo.split("/")[1] ?? ""], permissions },
      answer: Token,
      repeatable: true
    })).pipe(Effect.tap(({ token }) => secrets.add(token)))

  /** A token for checks too, where the installation grants that: an App is older than its newest permission. */
  const tokenOf = (scope: Scope) =>
    !checks || withoutChecks.has(scope.installation)
      ? tokenFor(scope, permissionsWithoutChecks)
      : Effect.catchIf(tokenFor(scope, appPermissions), isTooMuch, () =>
        Effect.tap(tokenFor(scope, permissionsWithoutChecks), () =>
          Effect.sync(() =>
            withoutChecks.add(scope.installation)
          )))

  const mint = Effect.fnUntraced(function*(scope: Scope) {
    const { installation, repo } = scope
    const answer = yield* Effect.mapError(tokenOf(scope), (error) => explain(error, installation, repo))
    const now = (yield* Clock.currentTimeMillis) + (yield* Ref.get(skew)) * 1000
    const expires = Option.getOrElse(
      Option.map(DateTime.make(answer.expires_at), DateTime.toEpochMillis),
      () => now
    )
    return { token: answer.token, lasts: Duration.millis(Math.max(0, expires - now - Duration.toMillis(renewBefore))) }
  })

  const tokens = yield* Cache.makeWith(mint, {
    capacity: tokensKept,
    timeToLive: (exit) => exit._tag === "Success" ? exit.value.lasts : Duration.zero
  })

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
  })).pipe(Effect.map(({ slug }) => `${slug}[bot]`))

  return { auth, login, client, onTime }
})

/** A GitHub App's identity: its tokens, its login, and its own calls, which `onTime` signs by GitHub's clock. */
export type GitHubApp = Effect.Success<ReturnType<typeof makeGitHubApp>>
