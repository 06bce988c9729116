import type { RepoName } from "@nominal-code/domain/event/PullRequest"
import { KnownSecrets } from "@nominal-code/domain/secret/KnownSecrets"
import { Cache, Clock, Data, DateTime, Duration, Effect, Option, Schema } from "effect"
import { Forbidden, ForgeError, NotFound } from "../ForgeError.ts"
import type { AppClient } from "./AppClient.ts"
import { appPermissions, permissionsWithoutChecks } from "./Needs.ts"

/** Time before a token's expiry at which it is renewed, so that none expires during a request or a fetch. */
const renewBefore = Duration.minutes(10)

const tokensKept = 10_000

const Token = Schema.Struct({ token: Schema.RedactedFromValue(Schema.String), expires_at: Schema.String })

/** True for GitHub's answer to a token for more permissions, or for other repositories, than the installation has. */
const isTooMuch = ({ reason }: ForgeError) => reason._tag === "Refused" && reason.status === 422

/** Scope of a token: one repository within one installation. */
export class Scope extends Data.Class<{ readonly installation: number; readonly repo: RepoName }> {}

/** Repository within the installation that it is in. `id`: it has another name now, and this number. */
interface Home {
  readonly installation: number
  readonly repo: RepoName
  readonly id: Option.Option<number>
}

/** True if the installation is gone, or does not have the repository under that name. */
const isElsewhere = (error: ForgeError): boolean => error.reason._tag === "NotFound" || isTooMuch(error)

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

/** Places of repositories, among the installations of an App. */
export interface Homes {
  find(repo: RepoName): Effect.Effect<Omit<Home, "repo">, ForgeError>
  /** No installation has the repository any more. */
  forget(repo: RepoName, installation: number): Effect.Effect<void>
}

/** Makes the tokens of installations, each for one repository. With `checks`, they may write checks where that is granted. */
export const makeInstallationTokens = Effect.fnUntraced(function*(
  { client, onTime, skew }: AppClient,
  homes: Homes,
  checks: boolean
) {
  const secrets = yield* KnownSecrets
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
    const found = yield* homes.find(repo).pipe(
      Effect.asSome,
      Effect.catchReason("ForgeError", "NotFound", () => Effect.succeedNone)
    )
    const known = Option.map(found, (home) => home.installation)
    if (Option.isNone(found)) yield* homes.forget(repo, installation)
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
    const now = (yield* Clock.currentTimeMillis) + (yield* skew) * 1000
    const expires = Option.getOrElse(
      Option.map(DateTime.make(answer.expires_at), DateTime.toEpochMillis),
      () => now
    )
    return { token: answer.token, lasts: Duration.millis(Math.max(0, expires - now - Duration.toMillis(renewBefore))) }
  })

  return yield* Cache.makeWith(mint, {
    capacity: tokensKept,
    timeToLive: (exit) => exit._tag === "Success" ? exit.value.lasts : Duration.zero
  })
})
