import { RepoName } from "@nominal-code/domain/event/PullRequest"
import { Cache, Clock, DateTime, Duration, Effect, Option, Schema, Stream } from "effect"
import { ForgeError, Unauthorized } from "../ForgeError.ts"
import { CurrentInstallation } from "../Installation.ts"
import type { InventoryRepository } from "../Inventory.ts"
import { listTooLong, mostPagesOfApp } from "../ListSize.ts"
import type { GitHubApp } from "./App.ts"
import { type GitHubAuth, installationAccount } from "./Auth.ts"
import type { GitHubClient } from "./Client.ts"

const Installation = Schema.Struct({ id: Schema.Int, suspended_at: Schema.optional(Schema.NullOr(Schema.String)) })
const Token = Schema.Struct({ token: Schema.RedactedFromValue(Schema.String), expires_at: Schema.String })
const Repositories = Schema.Struct({
  total_count: Schema.Int,
  repositories: Schema.Array(Schema.Struct({ full_name: RepoName }))
})

/** Permissions that an inventory needs. It writes nothing. */
const permissions = { contents: "read", issues: "read", pull_requests: "read" } as const
const permissionsWithChecks = { ...permissions, checks: "read" } as const

/** Time before a token's expiry at which it is renewed. */
const renewBefore = Duration.minutes(10)
const tokensKept = 1_000
const pageSize = 100

/** Tokens that read all repositories of one installation: the current one. */
export const makeInstallationAuth = Effect.fnUntraced(function*({ client, onTime }: GitHubApp, checks: boolean) {
  const tokenFor = (installation: number, wanted: Readonly<Record<string, string>>) =>
    onTime(client.request({
      operation: `GitHub.token of installation ${installation}`,
      route: "POST /app/installations/{installation_id}/access_tokens",
      parameters: { installation_id: installation, permissions: wanted },
      answer: Token,
      repeatable: true
    }))

  const mint = Effect.fnUntraced(function*(installation: number) {
    const { expires_at, token } = yield* Effect.catchIf(
      tokenFor(installation, checks ? permissionsWithChecks : permissions),
      ({ reason }) => checks && reason._tag === "Refused" && reason.status === 422,
      () => tokenFor(installation, permissions)
    )
    const now = yield* Clock.currentTimeMillis
    const expires = Option.match(DateTime.make(expires_at), { onNone: () => now, onSome: DateTime.toEpochMillis })
    return { token, lasts: Duration.millis(Math.max(0, expires - now - Duration.toMillis(renewBefore))) }
  })

  const tokens = yield* Cache.makeWith(mint, {
    capacity: tokensKept,
    timeToLive: (exit) => exit._tag === "Success" ? exit.value.lasts : Duration.zero
  })

  const current = Effect.flatMap(
    CurrentInstallation,
    Option.match({
      onNone: () =>
        Effect.fail(
          new ForgeError({
            operation: "GitHub.token",
            reason: new Unauthorized({ message: "an App reads as one of its installations, and none was named" })
          })
        ),
      onSome: Effect.succeed
    })
  )

  const auth: GitHubAuth = {
    account: installationAccount,
    token: () => Effect.map(Effect.flatMap(current, (one) => Cache.get(tokens, one)), ({ token }) => token),
    drop: () => Effect.as(Effect.flatMap(current, (one) => Cache.invalidate(tokens, one)), true)
  }
  return auth
})

/** Effect of an installation's token. */
export const asInstallation = (installationId: number) =>
  Effect.provideService(CurrentInstallation, Option.some(installationId))

/** The installations of an App that are not suspended. */
export const installationsOf = ({ client, onTime }: GitHubApp) =>
  onTime(
    client.pages({
      operation: "GitHub.installations",
      route: "GET /app/installations",
      parameters: {},
      answer: Installation
    }, mostPagesOfApp).pipe(
      Stream.filter(({ suspended_at }) => !suspended_at),
      Stream.map(({ id }) => id),
      Stream.runCollect
    )
  )

/** The repositories of an installation. `client` has its token. */
export const repositoriesOf = Effect.fnUntraced(function*(client: GitHubClient, installationId: number) {
  const operation = `GitHub.repositories of installation ${installationId}`
  const found: Array<InventoryRepository> = []
  for (let page = 1; page <= mostPagesOfApp; page++) {
    const { repositories, total_count } = yield* client.conditional({
      operation,
      route: "GET /installation/repositories",
      parameters: { per_page: pageSize, page },
      answer: Repositories
    }).pipe(asInstallation(installationId))
    found.push(...repositories.map(({ full_name: repo }) => ({ repo, installationId })))
    if (repositories.length < pageSize || found.length >= total_count) return found
  }
  return yield* listTooLong(operation, `${mostPagesOfApp} pages`)
})
