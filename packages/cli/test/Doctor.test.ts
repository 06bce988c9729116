import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as GitHubEmulator from "@nominal-code/testing/GitHubEmulator"
import * as KubeEmulator from "@nominal-code/testing/KubeEmulator"
import * as ServeProcess from "@nominal-code/testing/ServeProcess"
import { Effect, FileSystem, Schedule, type Scope } from "effect"
import { createServer } from "node:http"
import { env } from "node:process"
import { imageFindings } from "../src/doctor/ImageFindings.ts"
import * as NodeFetch from "../src/NodeFetch.ts"
import { runWith } from "./RunCommand.ts"
import { runHere } from "./RunHere.ts"

/** A model service that knows one key and one model. */
const service = Effect.acquireRelease(
  Effect.promise(() =>
    new Promise<{ readonly url: string; readonly close: () => void }>((resolve) => {
      const server = createServer((request, response) => {
        const isList = request.url === "/v1/models?limit=100"
        const known = isList || request.url === "/v1/models/claude-sonnet-5-5"
        const status = request.headers["x-api-key"] !== "sk-ant-good-key" ? 401 : known ? 200 : 404
        response.writeHead(status, { "content-type": "application/json" }).end(
          JSON.stringify(isList ? { data: ["claude-sonnet-5-5", "claude-opus-5-5"].map((id) => ({ id })) } : {})
        )
      }).listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = address !== null && typeof address === "object" ? address.port : 0
        resolve({ url: `http://127.0.0.1:${port}`, close: () => server.close() })
      })
    })
  ),
  ({ close }) => Effect.sync(close)
)

const world = Effect.gen(function*() {
  const directory = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped({ prefix: "doctor-" })
  const github = yield* GitHubEmulator.make()
  yield* github.addRepository("acme/shop", [{ message: "one", files: { "a.ts": "1\n" } }])
  const settings = {
    PATH: env["PATH"] ?? "",
    HOME: directory,
    TMPDIR: directory,
    NOMINAL_DATA_DIR: `${directory}/data`,
    GITHUB_API_BASE: github.apiBase,
    GITHUB_TOKEN: github.account("nominalbot").token,
    GITHUB_WEBHOOK_SECRET: "0123456789abcdef",
    REVIEWER_BOT_USERNAME: "nominalbot",
    ALLOWED_USERS: "alice",
    ALLOWED_REPOS: "acme/shop",
    ANTHROPIC_API_KEY: "sk-ant-good-key",
    ANTHROPIC_BASE_URL: (yield* service).url
  }
  return { directory, settings }
})

/** A registry with one public image, whose token anybody gets; a private one answers 401 with it, too. */
const registry = Effect.acquireRelease(
  Effect.promise(() =>
    new Promise<{ readonly host: string; readonly close: () => void }>((resolve) => {
      const server = createServer(({ headers, method, url = "" }, response) => {
        const host = headers.host ?? ""
        if (url.startsWith("/v2/moved/")) {
          return response.writeHead(307, { location: url.replace("/moved/", "/acme/") }).end()
        }
        if (url.startsWith("/token?")) return response.end(JSON.stringify({ token: "anonymous" }))
        const isOpen = headers.authorization === "Bearer anonymous" && !url.includes("/private/")
        const realm = `Bearer realm="http://${host}/token",service="r",scope="repository:acme/nominal-code:pull"`
        const status = !isOpen ? 401 : url === "/v2/acme/nominal-code/manifests/1.2" && method === "HEAD" ? 200 : 404
        return response.writeHead(status, status === 401 ? { "www-authenticate": realm } : {}).end()
      }).listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = address !== null && typeof address === "object" ? address.port : 0
        resolve({ host: `127.0.0.1:${port}`, close: () => server.close() })
      })
    })
  ),
  ({ close }) => Effect.sync(close)
)

const live = <E>(name: string, effect: Effect.Effect<void, E, NodeServices.NodeServices | Scope.Scope>) =>
  it.live(name, () => effect.pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

describe("doctor", () => {
  live(
    "says of a sound setup that it is, as lines and as JSON, and makes nothing",
    Effect.gen(function*() {
      const { directory, settings } = yield* world
      const { code, stderr, stdout } = yield* runWith(settings, "doctor")
      assert.strictEqual(code, 0, stdout + stderr)
      for (
        const line of [
          "ok       configuration  the configuration of a server is complete",
          "ok       forge          GitHub knows the token as nominalbot",
          "ok       forge          GitHub shows the contents of acme/shop",
          "ok       forge          GitHub: the token has the scope repo",
          "ok       model          anthropic accepts the key, and has claude-sonnet-5-5"
        ]
      ) assert.include(stdout.split("\n"), line)
      assert.match(stdout, /^ok {7}machine {8}git version \d/m)
      assert.match(stdout, new RegExp(`^(ok {5}|warning) {2}machine {8}data_dir ${directory}/data .*\\d GB left`, "m"))
      assert.notMatch(stdout, /PROBLEM|missed events in no repository/)
      assert.strictEqual(stderr, "")
      assert.isFalse(yield* (yield* FileSystem.FileSystem).exists(settings.NOMINAL_DATA_DIR))
      const listed = JSON.parse((yield* runHere(settings, "doctor", "--json")).stdout)
      assert.deepInclude(listed, { area: "forge", status: "ok", text: "GitHub knows the token as nominalbot" })
    })
  )

  live(
    "names each thing that is wrong and what to do, shows no secret, and ends with 1",
    Effect.gen(function*() {
      const { settings } = yield* world
      const { code, stderr, stdout } = yield* runHere({
        ...settings,
        ALLOWED_REPOS: "acme/shop,acme/gone",
        ANTHROPIC_API_KEY: "sk-ant-bad-key",
        AGENT_MODLE: "m",
        NOMINAL_DATA_DIR: "/sys/nominal",
        REVIEWER_BOT_USERNAME: "reviewbot"
      }, "doctor")
      assert.strictEqual(code, 1, stdout)
      assert.match(stderr, /^nominal-code: \d problems?: see above\n$/)
      assert.match(stdout, /^PROBLEM {2}configuration {2}data_dir \(NOMINAL_DATA_DIR\): "\/sys\/nominal"/m)
      assert.match(stdout, /^ok {7}machine {8}git version \d/m)
      assert.notMatch(stdout, /machine .*data_dir/)
      const bare = yield* runHere({
        PATH: settings.PATH,
        TMPDIR: settings.TMPDIR,
        NOMINAL_DATA_DIR: settings.NOMINAL_DATA_DIR,
        ALOWED_USERS: "alice"
      }, "doctor")
      assert.strictEqual(bare.code, 1)
      for (
        const line of [
          /^PROBLEM {2}configuration .*GITHUB_WEBHOOK_SECRET/m,
          /^PROBLEM {2}configuration .*ALOWED_USERS is in the environment, and is no setting: was ALLOWED_USERS meant\?$/m,
          /^note {5}configuration {2}the forges, the models and the store are checked once/m,
          /^ok {7}machine {8}git version \d/m,
          /^(ok {5}|warning) {2}machine {8}data_dir .*\/data .*\d GB left/m
        ]
      ) assert.match(bare.stdout, line)
      const rest = yield* runHere({
        ...settings,
        ALLOWED_REPOS: "acme/shop,acme/gone",
        ANTHROPIC_API_KEY: "sk-ant-bad-key",
        AGENT_MODLE: "m",
        NOMINAL_DATA_DIR: `${process.execPath}/data`,
        REVIEWER_BOT_USERNAME: "reviewbot"
      }, "doctor")
      assert.strictEqual(rest.code, 1)
      assert.include(rest.stdout, `data_dir ${process.execPath}/data: ${process.execPath} is no directory`)
      for (
        const line of [
          /^warning {2}configuration .*AGENT_MODLE is in the environment, and is no setting: was AGENT_MODEL meant\?$/m,
          /^warning {2}forge +GitHub knows the token as nominalbot, and reviewer\.bot_username .* is reviewbot/m,
          /^ok {7}forge +GitHub shows the contents of acme\/shop$/m,
          /^PROBLEM {2}forge +GitHub, acme\/gone: .*not there, or not visible to the token/m,
          /^PROBLEM {2}model +anthropic refuses the key \(401\): set one that is valid$/m
        ]
      ) assert.match(rest.stdout, line)
      const said = rest.stdout + stdout
      for (const secret of ["sk-ant-bad-key", settings.GITHUB_TOKEN, settings.GITHUB_WEBHOOK_SECRET]) {
        assert.notInclude(said, secret)
      }
      const unknown = yield* runHere({
        ...settings,
        AGENT_MODEL: "claude-sonnet-9",
        LIMITS_ALLOW_UNPRICED: "true"
      }, "doctor")
      assert.match(
        unknown.stdout,
        /^PROBLEM {2}model +anthropic has no model claude-sonnet-9: correct .*AGENT_MODEL\), such as claude-sonnet-5-5$/m
      )
      assert.match(unknown.stdout, /^warning {2}model +the price of claude-sonnet-9 is not known/m)
    })
  )

  live(
    "says what to do about a forge and a model that do not answer, and about missed events without a repository",
    Effect.gen(function*() {
      const { settings } = yield* world
      const { stdout } = yield* runHere({
        ...settings,
        ALLOWED_REPOS: "",
        GITHUB_API_BASE: "http://127.0.0.1:1",
        ANTHROPIC_BASE_URL: "http://127.0.0.1:1"
      }, "doctor")
      assert.match(
        stdout,
        /^note {5}forge +the server looks for missed events in no repository: name repositories in access\.allowed_repos/m
      )
      assert.match(
        stdout,
        /^PROBLEM {2}forge +GitHub.*: see if this machine reaches github\.api_base \(GITHUB_API_BASE\)/m
      )
      assert.match(stdout, /^PROBLEM {2}model +anthropic.*: see if this machine reaches anthropic/m)
    })
  )

  live(
    "asks a cluster what the server may do there, and names what it may not",
    Effect.gen(function*() {
      const { settings } = yield* world
      const cluster = yield* KubeEmulator.make({
        role: { jobs: ["create", "get", "list", "watch"], pods: ["list", "watch"] }
      })
      const { host } = yield* registry
      const { code, stdout } = yield* runWith({
        ...settings,
        KUBECONFIG: cluster.kubeconfig,
        NODE_EXTRA_CA_CERTS: "/nowhere/ca.pem",
        K8S_IMAGE: `${host}/acme/nominal-code:latest`,
        K8S_NAMESPACE: "reviews",
        K8S_ENV_FROM_SECRETS: "secrets",
        REDIS_URL: "redis://127.0.0.1:1"
      }, "doctor")
      assert.strictEqual(code, 1)
      assert.match(
        stdout,
        /^PROBLEM {2}storage +Redis does not answer within 3s: see if it runs, and if redis\.url \(REDIS_URL\) names it$/m
      )
      assert.match(stdout, /^PROBLEM {2}cluster +the server's account may not delete jobs in reviews: bind the Role/m)
      assert.match(
        stdout,
        /^note {5}cluster +the server's account may not list events, list resourcequotas in reviews/m
      )
      assert.match(
        stdout,
        /^note {5}cluster +jobs\.signing_key \(JOBS_SIGNING_KEY\) is not set/m
      )
      assert.match(
        stdout,
        /^warning {2}cluster +the Jobs do not get the file of NODE_EXTRA_CA_CERTS: .* kubernetes\.ca_config_map/m
      )
      assert.match(
        stdout,
        /^note {5}cluster +pods run \S+\/acme\/nominal-code:latest: name a version or a digest/m
      )
      assert.match(stdout, /^PROBLEM {2}cluster +\S+ has no \S+\/acme\/nominal-code:latest: push it, or correct/m)
    })
  )

  live(
    "looks for the image of the pods at its registry, and says what to do about a private one",
    Effect.gen(function*() {
      const { host } = yield* registry
      const [found] = yield* imageFindings(`${host}/acme/nominal-code:1.2`)
      assert.deepStrictEqual(found, {
        area: "cluster",
        status: "ok",
        text: `${host} has ${host}/acme/nominal-code:1.2`
      })
      const [moved] = yield* Effect.provide(imageFindings(`${host}/moved/nominal-code:1.2`), NodeFetch.layer)
      assert.deepInclude(moved, { status: "ok" })
      const [hidden] = yield* imageFindings(`${host}/private/nominal-code:1.2`)
      assert.deepInclude(hidden, { status: "warning" })
      assert.match(hidden?.text ?? "", /to no one without a login \(401\): .*K8S_IMAGE_PULL_SECRETS/)
      const [away] = yield* imageFindings("127.0.0.1:1/acme/nominal-code@sha256:0")
      assert.match(away?.text ?? "", /^127\.0\.0\.1:1 cannot be asked/)
    })
  )

  live(
    "a starting server logs what is wrong with its setup, and with --strict does not start",
    Effect.gen(function*() {
      const { settings } = yield* world
      const bad = { ...settings, ALLOWED_REPOS: "acme/gone" }
      const { log } = yield* ServeProcess.start({ env: bad, args: [] })
      yield* Effect.sync(() => log.some((line) => /WARN .*setup: forge: GitHub, acme\/gone: /.test(line))).pipe(
        Effect.repeat({ until: (there) => there, schedule: Schedule.spaced("20 millis") }),
        Effect.timeout("30 seconds")
      )
      const refused = yield* runWith({ ...bad, WEBHOOK_PORT: "0" }, "serve", "--strict")
      assert.strictEqual(refused.code, 1)
      assert.match(refused.stderr, /^nominal-code: forge: GitHub, acme\/gone: .*not there/m)
      assert.notInclude(refused.stderr, "listening")
    })
  )
})
