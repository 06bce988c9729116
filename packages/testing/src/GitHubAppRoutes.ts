import { Effect, Schema } from "effect"
import { type Api, bodyOf, type Handlers, Refusal } from "./GitHubApi.ts"
import { granted, includes } from "./GitHubApps.ts"
import type { Fields } from "./GitHubExamples.ts"
import { type Account, type LostDelivery, timestamp } from "./GitHubState.ts"

const TokenRequest = Schema.Struct({
  repositories: Schema.optionalKey(Schema.Array(Schema.String)),
  permissions: Schema.optionalKey(Schema.Record(Schema.String, Schema.String))
})

const noInstallation = new Refusal({ status: 404, message: "Not Found" })

/** An attempt of a delivery, without what was sent. */
const attempt = ({ action, deliveredAt, event, guid, id, installationId, repositoryId }: LostDelivery): Fields => ({
  id,
  guid,
  delivered_at: timestamp(deliveredAt),
  redelivery: false,
  duration: 10,
  status: "timed out",
  status_code: 504,
  event,
  action,
  installation_id: installationId,
  repository_id: repositoryId,
  throttled_at: null
})

/** Routes that an App calls as itself, with a JSON Web Token. */
export const appRoutes = ({ apps, state, wire }: Api): Handlers => {
  const app = (viewer: Account) => apps.apps.find(({ account }) => account === viewer)

  return {
    "apps/get-authenticated": ({ viewer }) => {
      const self = app(viewer)
      return self === undefined
        ? Effect.fail(noInstallation)
        : Effect.succeed({ status: 200, body: wire.app(self.id, self.slug, self.account, granted) })
    },
    "apps/get-webhook-config-for-app": ({ viewer }) =>
      app(viewer) === undefined ? Effect.fail(noInstallation) : Effect.succeed({
        status: 200,
        body: { content_type: "json", insecure_ssl: "0", secret: "********", url: apps.hookUrl }
      }),
    "apps/create-installation-access-token": Effect.fnUntraced(function*(call) {
      const { permissions = granted, repositories } = yield* bodyOf(TokenRequest, call)
      const installation = apps.installations.find(({ id }) => String(id) === call.params["installation_id"])
      if (installation === undefined || installation.app !== app(call.viewer)) return yield* noInstallation
      if (installation.suspended) {
        return yield* new Refusal({ status: 403, message: "This installation has been suspended" })
      }
      if (!includes(installation.permissions, permissions)) {
        return yield* new Refusal({
          status: 422,
          message: "The permissions requested are not granted to this installation."
        })
      }
      const named = (repositories ?? []).map((name) =>
        [...installation.repositories].find((full) => full.endsWith(`/${name.toLowerCase()}`))
      )
      if (named.includes(undefined)) {
        return yield* new Refusal({
          status: 422,
          message:
            "There is at least one repository that does not exist or is not accessible to the parent installation."
        })
      }
      const scope = named.length === 0 ? installation.repositories : new Set(named.flatMap((name) => name ?? []))
      const { expiresAt, token } = apps.mint(installation, scope, permissions)
      return { status: 201, body: { token, expires_at: new Date(expiresAt).toISOString(), permissions } }
    }),
    "apps/list-installations": ({ viewer }) => {
      const self = app(viewer)
      return self === undefined ? Effect.fail(noInstallation) : Effect.succeed({
        status: 200,
        list: apps.installations.filter((one) => one.app === self).map((one) => wire.installation(one))
      })
    },
    "apps/list-repos-accessible-to-installation": ({ query, token }) => {
      const open = [...apps.repositoriesOf(token)].flatMap((name) => state.repository(name) ?? [])
      const [size, page] = [Number(query.get("per_page") ?? 30), Number(query.get("page") ?? 1)]
      return Effect.succeed({
        status: 200,
        body: {
          total_count: open.length,
          repositories: open.slice((page - 1) * size, page * size).map((repository) => wire.repository(repository))
        }
      })
    },
    "apps/list-webhook-deliveries": ({ query, viewer }) => {
      if (app(viewer) === undefined) return Effect.fail(noInstallation)
      // Source: "List deliveries for an app webhook": the newest first, and by `status` the successful or the failed ones.
      const list = query.get("status") === "success" ? [] : state.lostDeliveries.toReversed()
      return Effect.succeed({
        status: 200,
        list: list.map((lost) => attempt(lost)),
        paging: "cursor" as const
      })
    },
    "apps/get-webhook-delivery": ({ params, viewer }) => {
      const lost = state.lostDeliveries.find(({ id }) => String(id) === params["delivery_id"])
      return app(viewer) === undefined || lost === undefined ? Effect.fail(noInstallation) : Effect.succeed({
        status: 200,
        body: {
          ...attempt(lost),
          url: "https://nominal.example/webhooks/github",
          request: { headers: { "X-GitHub-Event": lost.event }, payload: lost.payload },
          response: { headers: null, payload: null }
        }
      })
    },
    "apps/get-repo-installation": (call) => {
      const name = `${call.params["owner"]}/${call.params["repo"]}`.toLowerCase()
      const installation = apps.installations.find(({ repositories }) => repositories.has(name))
      return installation === undefined
        ? Effect.fail(noInstallation)
        : Effect.succeed({ status: 200, body: wire.installation(installation) })
    }
  }
}
