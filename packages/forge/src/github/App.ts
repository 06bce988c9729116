import { appLogin } from "@nominal-code/domain/event/BotAccount"
import type { RepoName } from "@nominal-code/domain/event/PullRequest"
import { KnownSecrets } from "@nominal-code/domain/secret/KnownSecrets"
import { Cache, Clock, Data, DateTime, Duration, Effect, Option, Redacted, Ref, Schema } from "effect"
import { Exchange } from "../Exchange.ts"
import { Forbidden, ForgeError, NotFound, Unauthorized, Unavailable } from "../ForgeError.ts"
import { CurrentInstallation } from "../Installation.ts"
import { fixed, type GitHubAuth, installationAccount } from "./Auth.ts"
import { makeGitHubClient } from "./Client.ts"
import { makeCoverage } from "./Coverage.ts"
import { appPermissions, permissionsWithoutChecks } from "./Needs.ts"
import type { GitHubAppIdentity } from "./Options.ts"

/** Time before a token's expiry at which it is renewed, so that none expires during a request or a fetch. */
const renewBefore = Duration.minutes(10)

/** Clock skew that a JWT allows for. */
const skewTolerated = Duration.seconds(20)

const installationsKept = 1_000
/** Time for which an installation of a repository is known. */
const installationKnownFor = Duration.hours(1)
const tokensKept = 10_000

const Token = Schema.Struct({ token: Schema.RedactedFromValue(Schema.String), expires_at: Schema.String })
const Installation = Schema.Struct({ id: Schema.Int })
const App = Schema.Struct({ slug: Schema.String })

/** True for GitHub's answer to a token for more permissions, or for other repositories, than the installation has. */
const isTooMuch = ({ reason }: ForgeError) => reason._tag === "Refused" && reason.status === 422

/** Scope of a token: one repository within one installation. */
class Scope extends Data.Class<{ readonly installation: number; readonly repo: RepoName }> {}

/** Repository within the installation that it is in. `id`: it has another name now, and this number. */
interface Home {
  readonly installation: number
  readonly repo: RepoName
  readonly id: Option.Option<number>
}

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

/** Number of a repository in the address that GitHub redirects to from its former name. */
const movedTo = (url: string): Option.Option<number> =>
  Option.map(Option.fromNullishOr(/\/repositories\/(\d+)\/installation$/.exec(url)?.[1]), Number)

/** True if the installation is gone, or does not have the repository under that name. */
const isElsewhere = (error: ForgeError): boolean => error.reason._tag === "NotFound" || isTooMuch(error)

/** Names the credentials that GitHub refuses: there may be a token, too. */
const asApp = ({ operation, reason }: ForgeError): ForgeError => {
  if (reason._tag !== "Unauthorized") return new ForgeError({ operation, reason })
  const message =
    `GitHub does not accept the App's credentials, its id and key may not belong together: ${reason.message}`
  return new ForgeError({ operation, reason: new Unauthorized({ message }) })
}

/** Names the reason of a refusal. `home`: the installation of the repository; none: the App is not installed there. */
const explain = ({ operation, reason }: ForgeError, { installation, repo }: Scope, home: Option.Option<number>) => {
  const because = (Reason: typeof Forbidden | typeof NotFound, message: string) =>
    new ForgeError({ operation, reason: new Reason({ message }) })
  if (reason._tag === "NotFound") {
    return because(
      NotFound,
      `the GitHub App has no installation ${installation}, and ${repo} is in no other one: it was removed, or ` +
        "GITHUB_INSTALLATION_ID is wrong"
    )
  }
  if (reason._tag === "Forbidden") {
    return because(
      Forbidden,
      `GitHub gives the App no token for installation ${installation}, it may be suspended: ${reason.message}`
    )
  }
  if (reason._tag !== "Refused" || reason.status !== 422) return new ForgeError({ operation, reason })
  return because(
    Forbidden,
    Option.isNone(home)
      ? `no installation of the GitHub App includes ${repo} any more: it was taken out of installation ` +
        `${installation}, transferred to an account without the App, or deleted: ${reason.message}`
      : `installation ${home.value} of the GitHub App does not include ${repo}, or lacks a permission ` +
        `(contents: read, issues: write, pull requests: write): ${reason.message}`
  )
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
      })).pipe(Effect.mapError(asApp))

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

  /** Installations that do not grant `checks: write`, so that no second token is asked for. */
  const withoutChecks = new Set<number>()

  const tokenFor = ({ id, installation, repo }: Home, permissions: Readonly<Record<string, string>>) =>
    onTime(client.request({
      operation: `GitHub.token ${repo}`,
      route: "POST /app/installations/{installation_id}/access_tokens",
      parameters: {
        installation_id: installation,
        ...(Option.isSome(id) ? { repository_ids: [id.value] } : { repositories: [repo.split("/")[1] ?? ""] }),
        permissions
      },
      answer: Token,
      repeatable: true
    })).pipe(Effect.tap(({ token }) => secrets.add(token)))

  /** A token for checks too, where the installation grants that: an App is older than its newest permission. */
  const tokenOf = (home: Home) =>
    !checks || withoutChecks.has(home.installation)
      ? tokenFor(home, permissionsWithoutChecks)
      : Effect.catchIf(tokenFor(home, appPermissions), isTooMuch, () =>
        Effect.tap(tokenFor(home, permissionsWithoutChecks), () =>
          Effect.sync(() =>
            withoutChecks.add(home.installation)
          )))

  /** A token by where the repository is now: the App was installed again, or the repository was transferred or renamed. */
  const tokenElsewhere = Effect.fnUntraced(function*(scope: Scope, error: ForgeError) {
    const { installation, repo } = scope
    const found = yield* findHome(repo).pipe(
      Effect.asSome,
      Effect.catchReason("ForgeError", "NotFound", () => Effect.succeedNone)
    )
    const known = Option.map(found, (home) => home.installation)
    if (Option.isNone(found)) {
      yield* Cache.invalidate(installationOf, repo)
      yield* lose(installation, repo)
    }
    if (Option.isNone(found) || found.value.installation === installation && Option.isNone(found.value.id)) {
      return yield* explain(error, scope, known)
    }
    yield* Effect.logWarning(
      `${repo} was transferred or renamed, or the App was installed again: it is in installation ` +
        `${found.value.installation}, and a request named ${installation}`
    )
    return yield* Effect.mapError(tokenOf({ repo, ...found.value }), (later) => explain(later, scope, known))
  })

  const mint = Effect.fnUntraced(function*(scope: Scope) {
    const answer = yield* tokenOf({ installation: scope.installation, repo: scope.repo, id: Option.none() }).pipe(
      Effect.catch((error) =>
        isElsewhere(error) ? tokenElsewhere(scope, error) : Effect.fail(explain(error, scope, Option.none()))
      )
    )
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
  })).pipe(Effect.map(({ slug }) => appLogin(slug)))

  return { auth, login, client, covers, onTime }
})

/** A GitHub App's identity: its tokens, its login, and its own calls, which `onTime` signs by GitHub's clock. */
export type GitHubApp = Effect.Success<ReturnType<typeof makeGitHubApp>>
