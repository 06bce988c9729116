import { fileTrouble } from "@nominal-code/domain/file/FileTrouble"
import * as NetworkHttp from "@nominal-code/llm/NetworkHttp"
import { Console, Deferred, Effect, FileSystem, Layer, Path, Redacted, Schema } from "effect"
import { SecureRandom } from "effect/crypto"
import {
  HttpClient,
  HttpClientResponse,
  HttpRouter,
  HttpServer,
  HttpServerRequest,
  HttpServerResponse
} from "effect/http"
import { apiBaseOf, type AppRequest } from "../githubApp/Manifest.ts"
import { registrationPage, sentencePage } from "../githubApp/Pages.ts"
import * as Loopback from "../Loopback.ts"

/** An App that was not registered. The process ends with 1. */
class NotRegistered extends Schema.TaggedError<NotRegistered>()("NotRegistered", { message: Schema.String }) {}

/** GitHub's answer to the code of a manifest: the App, and its secrets. */
const Registration = Schema.Struct({
  id: Schema.Int,
  slug: Schema.String,
  html_url: Schema.String,
  pem: Schema.RedactedFromValue(Schema.String),
  webhook_secret: Schema.RedactedFromValue(Schema.NonEmptyString)
})

/** Options of the command. */
export interface GitHubAppOptions extends AppRequest {
  /** Directory for the files of the secrets. */
  readonly directory: string
}

/** The files of the secrets, none of which exists yet. */
const secretFiles = Effect.fnUntraced(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const files = {
    directory: path.resolve(directory),
    privateKey: path.resolve(directory, "private-key.pem"),
    webhookSecret: path.resolve(directory, "webhook-secret")
  }
  for (const file of [files.privateKey, files.webhookSecret]) {
    if (yield* fs.exists(file)) {
      return yield* new NotRegistered({
        message: `${file} exists, and is not overwritten: move it away, or name another --directory`
      })
    }
  }
  yield* fs.makeDirectory(files.directory, { recursive: true, mode: 0o700 })
  return files
})

/** Exchanges the code that GitHub has redirected with. It counts once, and for an hour. */
const exchange = Effect.fnUntraced(function*(github: string, code: string) {
  const failed = (message: string) => new NotRegistered({ message: `the App's secrets were not received: ${message}` })
  const url = `${apiBaseOf(github)}/app-manifests/${encodeURIComponent(code)}/conversions`
  const response = yield* HttpClient.post(url, {
    headers: { accept: "application/vnd.github+json", "user-agent": "nominal-code" }
  }).pipe(Effect.mapError(({ message }) => failed(`${new URL(url).host} does not answer: ${message}`)))
  if (response.status === 404 || response.status === 422) {
    return yield* failed(
      `GitHub does not accept the code (${response.status}): a code is valid once, for an hour. Delete the App that it has ` +
        "made, if there is one, and start again"
    )
  }
  if (response.status !== 201) return yield* failed(`GitHub answered ${response.status}`)
  return yield* Effect.mapError(
    HttpClientResponse.schemaBodyJson(Registration)(response),
    () => failed("GitHub's answer is not what its API describes")
  )
}, Effect.provide(NetworkHttp.layer))

type Registration = typeof Registration.Type

const Callback = Schema.Struct({ code: Schema.NonEmptyString, state: Schema.NonEmptyString })

const html = (status: number, body: string) =>
  HttpServerResponse.html(body).pipe(
    HttpServerResponse.setStatus(status),
    HttpServerResponse.setHeader("cache-control", "no-store")
  )

/** Serves the page and the callback until GitHub has redirected back with a code. */
const registered = Effect.fnUntraced(function*(request: AppRequest) {
  const random = yield* Effect.provide(SecureRandom.SecureRandom, SecureRandom.layerWebCrypto)
  const state = Buffer.from(yield* random.randomBytes(32)).toString("hex")
  const done = yield* Deferred.make<Registration, NotRegistered>()
  const { address } = yield* HttpServer.HttpServer
  const origin = HttpServer.formatAddress(address)
  const redirectUrl = `${origin}/callback`

  /** Refuses a page of another site whose name leads here. */
  const onlyHere = <E, R>(handler: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ headers }) =>
      headers["host"] === new URL(origin).host
        ? handler
        : Effect.succeed(html(403, sentencePage(`Open ${origin}/ instead.`))))

  const callback = HttpServerRequest.schemaSearchParams(Callback).pipe(
    Effect.flatMap(({ code, state: given }) => {
      if (given !== state) {
        return Effect.succeed(html(400, sentencePage("This registration was started elsewhere: open the page again.")))
      }
      return exchange(request.github, code).pipe(
        Effect.tap((app) => Deferred.succeed(done, app)),
        Effect.tapError((error) => Deferred.fail(done, error)),
        Effect.match({
          onSuccess: () => html(200, sentencePage("The App is registered. Go back to the terminal.")),
          onFailure: ({ message }) => html(502, sentencePage(message))
        })
      )
    }),
    Effect.catchTag(
      "SchemaError",
      () => Effect.succeed(html(400, sentencePage("GitHub has sent no code: open the page again.")))
    )
  )
  const routes = Layer.mergeAll(
    HttpRouter.add("GET", "/", onlyHere(Effect.succeed(html(200, registrationPage(request, redirectUrl, state))))),
    HttpRouter.add("GET", "/callback", onlyHere(callback))
  )
  yield* Layer.build(HttpRouter.serve(routes, { disableLogger: true, disableListenLog: true }))
  yield* Console.log(`open ${origin}/ in a browser on this machine, and register the App (Ctrl-C ends this)`)
  return yield* Deferred.await(done)
})

/** The settings of a server that reviews as the App. */
const settingsOf = (
  { id, slug }: Registration,
  files: { readonly privateKey: string; readonly webhookSecret: string },
  github: string
): string => {
  const apiBase = apiBaseOf(github)
  const isDefault = apiBase === "https://api.github.com"
  return [
    "",
    "# the environment of the server",
    `GITHUB_APP_ID=${id}`,
    `GITHUB_APP_PRIVATE_KEY_PATH=${files.privateKey}`,
    `GITHUB_WEBHOOK_SECRET_FILE=${files.webhookSecret}`,
    `REVIEWER_BOT_USERNAME=${slug}`,
    ...(isDefault ? [] : [`GITHUB_API_BASE=${apiBase}`]),
    "",
    "# or config.yaml, for all but the webhook's secret",
    "github:",
    `  app_id: "${id}"`,
    `  private_key_path: ${files.privateKey}`,
    ...(isDefault ? [] : [`  api_base: ${apiBase}`]),
    "reviewer:",
    `  bot_username: ${slug}`,
    ""
  ].join("\n")
}

/** Registers a GitHub App by one click in a browser, writes its secrets into files and prints the server's settings. */
export const gitHubApp = Effect.fn("cli.github-app")(
  function*({ directory, ...request }: GitHubAppOptions) {
    const fs = yield* FileSystem.FileSystem
    const files = yield* secretFiles(directory)
    const app = yield* registered(request)
    const write = (file: string, text: string) => fs.writeFileString(file, text, { mode: 0o600, flag: "wx" })
    yield* write(files.privateKey, Redacted.value(app.pem))
    yield* write(files.webhookSecret, Redacted.value(app.webhook_secret))
    yield* Console.log(settingsOf(app, files, request.github))
    yield* Console.log(
      `next: install the App on your repositories at ${app.html_url}/installations/new, and start nominal-code serve`
    )
  },
  Effect.provide(Loopback.layer),
  Effect.catchTag(
    "PlatformError",
    (error) =>
      Effect.fail(new NotRegistered({ message: `the App's secrets could not be written: ${fileTrouble(error)}` }))
  ),
  Effect.scoped
)
