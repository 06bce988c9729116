import { Effect, Option, Schema } from "effect"
import { randomBytes } from "node:crypto"
import type { IncomingMessage } from "node:http"
import { type Api, type Handlers, Refusal } from "./GitHubApi.ts"
import { problem, type Reply } from "./GitHubRest.ts"

/** Permissions that each event needs. Source: "Webhook events and payloads", the availability of each. */
const permissionOf: Readonly<Record<string, string>> = {
  issue_comment: "issues",
  pull_request: "pull_requests",
  pull_request_review: "pull_requests",
  pull_request_review_comment: "pull_requests",
  check_run: "checks",
  check_suite: "checks"
}

/** A manifest. Source: "Registering a GitHub App from a manifest", its table of parameters; the name is as in the form. */
const Manifest = Schema.Struct({
  name: Schema.NonEmptyString.check(Schema.isMaxLength(34)),
  url: Schema.String.check(Schema.isPattern(/^https?:\/\//)),
  hook_attributes: Schema.Struct({
    url: Schema.String.check(Schema.isPattern(/^https?:\/\//)),
    active: Schema.optionalKey(Schema.Boolean)
  }),
  redirect_url: Schema.String.check(Schema.isPattern(/^https?:\/\//)),
  callback_urls: Schema.optionalKey(Schema.Array(Schema.String)),
  setup_url: Schema.optionalKey(Schema.String),
  description: Schema.optionalKey(Schema.String),
  public: Schema.optionalKey(Schema.Boolean),
  default_events: Schema.optionalKey(Schema.Array(Schema.Literals(Object.keys(permissionOf)))),
  default_permissions: Schema.optionalKey(Schema.Record(Schema.String, Schema.Literals(["read", "write"]))),
  request_oauth_on_install: Schema.optionalKey(Schema.Boolean),
  setup_on_update: Schema.optionalKey(Schema.Boolean)
})
type Manifest = typeof Manifest.Type

const decode = Schema.decodeEffect(Schema.fromJsonString(Manifest), { onExcessProperty: "error" })

/** Manifests that wait for their codes to be exchanged, by code, once. */
const waiting = new WeakMap<Api["state"], Map<string, Manifest>>()

const codesOf = ({ state }: Api): Map<string, Manifest> => {
  const known = waiting.get(state) ?? new Map<string, Manifest>()
  waiting.set(state, known)
  return known
}

const textOf = (request: IncomingMessage) =>
  Effect.callback<string>((resume) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => resume(Effect.succeed(Buffer.concat(chunks).toString())))
  })

/** True for the form that GitHub takes a manifest from. */
export const isManifestForm = (method: string, url: URL): boolean =>
  method === "POST" && /^(?:\/organizations\/[\w-]+)?\/settings\/apps\/new$/.test(url.pathname)

/** Answers the form as GitHub does once its user has confirmed: with a redirect that carries a code. */
export const answerManifestForm = Effect.fnUntraced(function*(api: Api, request: IncomingMessage, url: URL) {
  const form = new URLSearchParams(yield* textOf(request))
  const manifest = yield* Effect.option(decode(form.get("manifest") ?? ""))
  if (Option.isNone(manifest)) return problem(422, "The manifest is invalid")
  const { default_events = [], default_permissions = {}, redirect_url } = manifest.value
  const lacking = default_events.find((event) => default_permissions[permissionOf[event] ?? ""] === undefined)
  if (lacking !== undefined) return problem(422, `Default events unsupported: ${lacking}`)
  const code = randomBytes(20).toString("hex")
  codesOf(api).set(code, manifest.value)
  const to = new URL(redirect_url)
  to.searchParams.set("code", code)
  const state = url.searchParams.get("state")
  if (state !== null) to.searchParams.set("state", state)
  const reply: Reply = { status: 302, headers: { location: to.href }, body: "" }
  return reply
})

/** The exchange of a code for the App and its secrets. It needs no credentials, and is possible once. */
export const manifestRoutes = (api: Api): Handlers => ({
  "apps/create-from-manifest": ({ params }) => {
    const code = params["code"] ?? ""
    const manifest = codesOf(api).get(code)
    if (manifest === undefined) return Effect.fail(new Refusal({ status: 404, message: "Not Found" }))
    codesOf(api).delete(code)
    const slug = manifest.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")
    const app = api.apps.register(api.state.nextId(), slug, api.state.account(`${slug}[bot]`, "Bot"))
    return Effect.succeed({
      status: 201,
      body: {
        ...api.wire.app(app.id, slug, app.account, manifest.default_permissions ?? {}),
        events: manifest.default_events ?? [],
        client_id: `Iv1.${randomBytes(8).toString("hex")}`,
        client_secret: randomBytes(20).toString("hex"),
        webhook_secret: randomBytes(20).toString("hex"),
        pem: app.privateKey
      }
    })
  }
})

/** True for the one operation of the API that needs no credentials. */
export const isOpen = (operation: string): boolean => operation === "apps/create-from-manifest"
